import { usePathname, useSearchParams } from 'next/navigation';

// While there is a folder pages, the hooks of Next.js may return null, because the router of that
// folder can call a component before it knows the address. No component here is used there.
const known = (query: URLSearchParams | null) => query ?? new URLSearchParams();
const text = (path: string | null) => path ?? '/';

export const useQuery = () => known(useSearchParams());
export const usePath = () => text(usePathname());
