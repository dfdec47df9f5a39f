import type { Metadata } from 'next';
import { Suspense } from 'react';
import { TaskSearch } from '@/components/TaskSearch';
import { prefetch, query } from '@/lib/server';
import { toTaskQuery } from '@/lib/tasks';

export const metadata: Metadata = { title: 'Search · Task board' };

export default async function Page({ searchParams }: PageProps<'/tasks'>) {
  const search = await query(searchParams);
  const [result, boards] = await Promise.all([
    prefetch((api) => api.GET('/api/tasks', { params: { query: toTaskQuery(search) } })),
    prefetch((api) => api.GET('/api/boards')),
  ]);
  return (
    <Suspense>
      <TaskSearch initial={result && { search: search.toString(), result }} boards={boards} />
    </Suspense>
  );
}
