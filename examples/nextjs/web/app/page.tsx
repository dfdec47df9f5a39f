import type { Metadata } from 'next';
import { BoardList } from '@/components/BoardList';
import { prefetch } from '@/lib/server';

export const metadata: Metadata = { title: 'Task board' };

export default async function Page() {
  return <BoardList initial={await prefetch((api) => api.GET('/api/boards'))} />;
}
