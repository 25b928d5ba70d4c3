/** The kit's application behind the fault that the process is to have: what it sees is what a host with the fault shows it. */
import type { Application } from '../../../spec/msgi.ts';
import { application } from '../../host/application.ts';
import { FAULT } from '../gateway/fault.ts';
import { hostFaults } from './index.ts';

const fault = hostFaults.find(({ id }) => id === process.env[FAULT]);

const wrapped: Application =
  fault?.wrap === undefined ? application : { ...application, app: fault.wrap(x => application.app(x)) };

export default fault?.host?.(wrapped) ?? wrapped;
