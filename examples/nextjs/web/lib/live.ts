import type { Change } from './api';

export type Connection = 'connecting' | 'live' | 'lost';

interface Listener {
  /** Returns the id of the last change that the page has. */
  last: () => number;
  change: (change: Change) => void;
  state: (state: Connection) => void;
}

const shortest = 500;
const longest = 8_000; // milliseconds between two attempts

/**
 * Follows the changes of a board until the function that it returns is called.
 *
 * EventSource reconnects by itself after a connection that breaks off, but gives up on a response
 * that is not a stream, such as the 500 of a proxy whose server is being restarted. Therefore every
 * failure opens a new one here, at growing intervals, which continues after the last change.
 */
export function follow(board: number, listener: Listener): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let delay = shortest;

  const open = () => {
    source?.close();
    clearTimeout(timer);
    source = new EventSource(`/api/boards/${board}/events?after=${listener.last()}`);
    source.onopen = () => {
      delay = shortest;
      listener.state('live');
    };
    source.onmessage = (event: MessageEvent<string>) => {
      listener.change(JSON.parse(event.data) as Change);
    };
    source.onerror = () => {
      listener.state('lost');
      source?.close();
      clearTimeout(timer);
      timer = setTimeout(open, delay);
      delay = Math.min(2 * delay, longest);
    };
  };

  listener.state('connecting');
  open();
  window.addEventListener('online', open);
  return () => {
    window.removeEventListener('online', open);
    clearTimeout(timer);
    source?.close();
  };
}
