import { isProblem, toFailure, unreachable, type Attachment, type Failure } from './api';

export const largestFile = 5 << 20;

export type Uploaded = { ok: true; attachment: Attachment } | { ok: false; failure: Failure };

/**
 * Sends a file. It is a XMLHttpRequest because fetch does not tell how much of a request has been
 * sent. The progress is between 0 and 1.
 */
export function upload(
  task: number,
  file: File,
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<Uploaded> {
  if (file.size > largestFile) {
    return Promise.resolve(failed(`${file.name} is larger than 5 MiB.`));
  }
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open('POST', `/api/tasks/${task}/attachments`);
    request.responseType = 'json';
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    };
    request.onload = () => {
      const response: unknown = request.response;
      if (request.status === 201) resolve({ ok: true, attachment: response as Attachment });
      else if (isProblem(response)) resolve({ ok: false, failure: toFailure(response, ['file']) });
      else resolve({ ok: false, failure: unreachable });
    };
    request.onerror = () => {
      resolve({ ok: false, failure: unreachable });
    };
    request.onabort = () => {
      resolve(failed(`${file.name} was not uploaded.`));
    };
    signal.addEventListener('abort', () => {
      request.abort();
    });
    const form = new FormData();
    form.append('file', file);
    request.send(form);
  });
}

function failed(message: string): Uploaded {
  return { ok: false, failure: { message, fields: {} } };
}
