import type { ReactNode } from 'react';

function Icon({ children }: { children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" fill="none" stroke="currentColor">
      {children}
    </svg>
  );
}

export const Plus = () => <Icon><path d="M8 3v10M3 8h10" /></Icon>;
export const Close = () => <Icon><path d="m4 4 8 8m0-8-8 8" /></Icon>;
export const Clip = () => (
  <Icon><path d="m13 7.5-5 5a3 3 0 0 1-4.3-4.2l5.4-5.4a2 2 0 0 1 2.8 2.8L6.6 11a1 1 0 0 1-1.4-1.400l4.6-4.6" /></Icon>
);
export const Calendar = () => (
  <Icon><path d="M2.5 4.500h11v9h-11zM2.5 7.500h11M5.5 2.500v3m5-3v3" /></Icon>
);
export const Dots = () => <Icon><path d="M3.5 8h.01M8 8h.01M12.5 8h.01" strokeWidth="2.2" /></Icon>;
export const Search = () => <Icon><path d="m13.5 13.5-3.4-3.400M11.5 7a4.5 4.5 0 1 1-9 0 4.5 4.5 0 0 1 9 0Z" /></Icon>;
export const Up = () => <Icon><path d="M8 13V3.500m-4 4 4-4 4 4" /></Icon>;
export const Down = () => <Icon><path d="M8 3v9.500m-4-4 4 4 4-4" /></Icon>;
export const File = () => <Icon><path d="M3.5 1.500h6l3 3v10h-9zM9.5 1.500v3h3" /></Icon>;
export const Boards = () => <Icon><path d="M2 3h3.200v10H2zM6.4 3h3.200v6.500H6.400zM10.8 3H14v8.300h-3.200z" /></Icon>;
