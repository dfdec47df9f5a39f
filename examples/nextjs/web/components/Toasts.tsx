'use client';

import { createContext, useCallback, useContext, useRef, useState, type ReactNode } from 'react';

const Context = createContext<(text: string) => void>(() => undefined);

/** Returns a function that shows a text for some seconds. */
export const useToast = () => useContext(Context);

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<{ id: number; text: string }[]>([]);
  const last = useRef(0);

  const show = useCallback((text: string) => {
    const id = ++last.current;
    setToasts((shown) => [...shown.slice(-2), { id, text }]);
    setTimeout(() => {
      setToasts((shown) => shown.filter((toast) => toast.id !== id));
    }, 6_000);
  }, []);

  return (
    <Context value={show}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <p key={toast.id}>{toast.text}</p>
        ))}
      </div>
    </Context>
  );
}
