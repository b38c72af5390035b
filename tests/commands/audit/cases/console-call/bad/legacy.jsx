const Old = () => <div title="console.log('x')">{console.log('shown')}</div>; // FIND: log
export default Old;
