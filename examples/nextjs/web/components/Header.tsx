'use client';

import Link from 'next/link';
import { usePath } from '@/lib/location';
import { Avatar } from './Avatar';
import { Boards, Search } from './icons';
import { Mark } from './Mark';
import { Menu } from './Menu';
import { useSession } from './Session';

export function Header() {
  const { user, signOut } = useSession();
  const path = usePath();
  const current = (...paths: string[]) => (paths.includes(path) ? 'page' : undefined);
  return (
    <header className="top">
      <Link href="/" className="brand">
        <Mark />
        <span>Task board</span>
      </Link>
      <nav aria-label="Main">
        <Link href="/" aria-current={current('/', '/board')}>
          <Boards />
          Boards
        </Link>
        <Link href="/tasks" aria-current={current('/tasks')}>
          <Search />
          Search
        </Link>
      </nav>
      <Menu label={`Signed in as ${user.name}`} button={<Avatar user={user} />}>
        <p>{user.name}</p>
        <button onClick={signOut}>Sign out</button>
      </Menu>
    </header>
  );
}
