import type { User } from '@/lib/api';

export function Avatar({ user }: { user: User }) {
  return (
    <span className="avatar" style={{ background: user.color }} title={user.name} role="img" aria-label={user.name}>
      {user.name.charAt(0).toUpperCase()}
    </span>
  );
}
