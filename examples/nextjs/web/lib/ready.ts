import { useSyncExternalStore } from 'react';

const never = () => () => undefined;

/**
 * Reports whether the page's script runs. Until then, a form that the server has rendered should be
 * disabled: what is typed would get lost, or the browser would send the form itself.
 */
export const useReady = () => useSyncExternalStore(never, () => true, () => false);
