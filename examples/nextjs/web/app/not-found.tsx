import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="page">
      <h1>There is no such page</h1>
      <p>
        <Link href="/">All boards</Link>
      </p>
    </main>
  );
}
