export function View({ items }: { items: string[] }) {
  console.log('render'); // FIND: log
  return (
    <ul onClick={console.log} onBlur={() => console.warn('blur')}>{/* FIND: &log; warn */}
      console.log('text and no code')
      {items.map((item) => { console.debug(item); return <li key={item}>{item}</li>; })}{/* FIND: debug */}
    </ul>
  );
}
