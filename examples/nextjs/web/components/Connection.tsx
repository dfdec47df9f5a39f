import type { Connection as State } from '@/lib/live';

const texts: Record<State, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Reconnecting…',
};

export function Connection({ state }: { state: State }) {
  return (
    <p className={`connection ${state}`} role="status">
      {texts[state]}
    </p>
  );
}
