/// <reference types="vite/client" />
declare module 'virtual:icons' {
  const shapes: Record<string, string>;
  export default shapes;
}
declare module 'virtual:icons/more' {
  const shapes: Record<string, string>;
  export default shapes;
}
declare module 'virtual:words/*' {
  const words: Record<string, string>;
  export default words;
}
