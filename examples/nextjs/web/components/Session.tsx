'use client';

import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
  type ReactNode,
} from 'react';
import { api, send, signedOut, type User } from '@/lib/api';
import { Header } from './Header';
import { Login } from './Login';
import { Toasts } from './Toasts';

interface Session {
  user: User;
  signOut: () => Promise<void>;
}

const Context = createContext<Session | null>(null);

export function useSession(): Session {
  const session = useContext(Context);
  if (!session) throw new Error('There is no session here.');
  return session;
}

// Set while someone is signed in, so that the exported front end asks for the session only if there
// may be one. The cookie itself is not visible to scripts.
const mark = 'signed-in';

/**
 * Shows the page to someone who is signed in, and the form to sign in to anyone else. The initial
 * user is null if the server knows that there is none, and undefined if it does not know.
 */
export function SessionProvider({
  initial,
  children,
}: {
  initial: User | null | undefined;
  children: ReactNode;
}) {
  const [user, setUser] = useState(initial);

  const enter = useCallback((next: User | null) => {
    if (next) localStorage.setItem(mark, '1');
    else localStorage.removeItem(mark);
    setUser(next);
  }, []);

  useEffect(() => {
    const leave = () => {
      enter(null);
    };
    window.addEventListener(signedOut, leave);
    return () => {
      window.removeEventListener(signedOut, leave);
    };
  }, [enter]);

  useEffect(() => {
    if (user !== undefined) return;
    const ask = async () => {
      if (localStorage.getItem(mark) === null) {
        enter(null);
        return;
      }
      const result = await send(api.GET('/api/session'));
      enter(result.ok ? result.data : null);
    };
    void ask();
  }, [user, enter]);

  const session = useMemo<Session | null>(
    () =>
      user
        ? {
            user,
            signOut: async () => {
              await send(api.DELETE('/api/session'));
              enter(null);
            },
          }
        : null,
    [user, enter],
  );

  if (user === undefined) return <div className="loading" role="status" aria-label="Loading" />;
  if (!session) return <Login onEnter={enter} />;
  return (
    <Context value={session}>
      <Toasts>
        <Header />
        {children}
      </Toasts>
    </Context>
  );
}
