import { Notification } from 'electron';
import type { Job } from '../../shared/contract/jobs.ts';
import type { Application } from '../services/application.ts';
import { overallProgress } from './job-progress.ts';
import { STRINGS } from './strings.ts';
import type { MainWindow } from './window.ts';

/** Shows jobs where the system shows such things: progress on the window's icon, and a notification when one ends unseen. */
export function followJobs(application: Application, window: MainWindow): void {
  application.listen((event) => {
    if (event.type !== 'job') return;
    window.current?.setProgressBar(overallProgress(application.jobs.list()));
    if ((event.job.state === 'done' || event.job.state === 'failed') && !window.isFocused) notify(event.job, window);
  });
}

function notify({ title, state, error }: Job, window: MainWindow): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ title, body: state === 'done' ? STRINGS.job.done : STRINGS.job.failed(error?.message ?? '') });
  notification.on('click', () => window.show());
  notification.show();
}
