import type { Metadata, Viewport } from 'next';
import type { ReactNode } from 'react';
import { SessionProvider } from '@/components/Session';
import { currentUser } from '@/lib/server';
import './style.css';

// Each page has its title. That of a board is rendered by its component, because it can change.
export const metadata: Metadata = { description: 'The tasks of a team' };

export const viewport: Viewport = {
  themeColor: [
    { media: '(prefers-color-scheme: light)', color: '#f5f6f8' },
    { media: '(prefers-color-scheme: dark)', color: '#12151b' },
  ],
};

export default async function Layout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  return (
    <html lang="en">
      <body>
        <SessionProvider initial={user}>{children}</SessionProvider>
      </body>
    </html>
  );
}
