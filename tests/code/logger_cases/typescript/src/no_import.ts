export const run = (): void => {
  console.log('one');
};
