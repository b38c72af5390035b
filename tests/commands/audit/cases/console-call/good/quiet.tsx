export const Quiet = () => (
  <console title="console.log(1)">
    {/* eslint-disable-next-line no-console */}
    {console.log('silenced')}
    console.log('text')
  </console>
);
