import type { CSSProperties } from 'react';
import type { Task } from '@/lib/api';
import { formatDate, hue, today } from '@/lib/format';
import { Calendar, Clip, Down, Up } from './icons';

/** The priority, due date, attachments and labels of a task. */
export function Facts({ task, done }: { task: Task; done: boolean }) {
  const overdue = task.due !== null && task.due < today() && !done;
  return (
    <div className="facts">
      {task.labels.map((label) => (
        <span key={label} className="label" style={{ '--hue': hue(label) } as CSSProperties}>
          {label}
        </span>
      ))}
      {task.priority === 'high' && (
        <span className="fact high">
          <Up />
          High
        </span>
      )}
      {task.priority === 'low' && (
        <span className="fact">
          <Down />
          Low
        </span>
      )}
      {task.due !== null && (
        <span className={overdue ? 'fact overdue' : 'fact'}>
          <Calendar />
          {formatDate(task.due)}
          {overdue && <span className="unseen"> (overdue)</span>}
        </span>
      )}
      {task.attachments.length > 0 && (
        <span className="fact">
          <Clip />
          {task.attachments.length}
          <span className="unseen"> attachments</span>
        </span>
      )}
    </div>
  );
}
