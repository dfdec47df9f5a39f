import { Suspense } from 'react';
import { BoardPage } from '@/components/BoardPage';
import { prefetch, query } from '@/lib/server';

export default async function Page({ searchParams }: PageProps<'/board'>) {
  const id = Number((await query(searchParams)).get('id'));
  const initial = Number.isInteger(id)
    ? await prefetch((api) => api.GET('/api/boards/{id}', { params: { path: { id } } }))
    : undefined;
  return (
    <Suspense>
      <BoardPage initial={initial} />
    </Suspense>
  );
}
