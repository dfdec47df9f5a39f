/** Everything else is as Next.js has it by default. */
export default { turbopack: { root: import.meta.dirname } };
