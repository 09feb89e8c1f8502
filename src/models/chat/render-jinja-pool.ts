/**
 * Who renders what: one renderer as a rule, more while those that there are take long. A template that loops holds a
 * renderer until its time is over; nobody else's rendering is to wait for that.
 */

import { AppError } from "../../errors.ts";
import {
  type JinjaProcess,
  type Rendering,
  type RenderJob,
  startJinjaProcess,
} from "./render-jinja-process.ts";

export interface JinjaPoolOptions {
  /** @default startJinjaProcess */
  readonly start?: (() => JinjaProcess) | undefined;
  /** Renderers at most. No template gets the last one that others could have. @default 4 */
  readonly most?: number | undefined;
  /** A rendering is late after so long, and the next one gets another renderer. @default 50 */
  readonly lateMs?: number | undefined;
  /** A renderer without work ends after so long. @default one minute */
  readonly idleMs?: number | undefined;
  /** Renderings that may wait. @default 256 */
  readonly mostWaiting?: number | undefined;
}

export interface JinjaPool {
  /** @throws BUSY when too many wait; OUT_OF_MEMORY when no renderer can be started */
  render(job: RenderJob): Promise<Rendering>;
  /** Ids of the processes that are there. */
  readonly pids: readonly number[];
}

interface Waiting {
  readonly job: RenderJob;
  readonly resolve: (rendering: Rendering) => void;
  readonly reject: (error: AppError) => void;
  /** It was taken once already by a renderer that somebody killed. */
  isAgain: boolean;
}

interface Seat {
  readonly process: JinjaProcess;
  state: "starting" | "idle" | "working" | "ending";
  template: string | undefined;
  since: number;
  idle: NodeJS.Timeout | undefined;
}

/** Characters of all renderings that wait. */
const MAX_WAITING_TEXT = 64 * 2 ** 20;

/** Starts nothing yet. */
export function createJinjaPool(options: JinjaPoolOptions = {}): JinjaPool {
  const { start = startJinjaProcess, most = 4, lateMs = 50, idleMs = 60_000, mostWaiting = 256 } = options;
  const seats: Seat[] = [];
  const waiting: Waiting[] = [];
  let growth: NodeJS.Timeout | undefined;

  const underWay = (template: string) => seats.filter((seat) => seat.template === template).length;

  /** The one whose template has the fewest renderers, the first of those. */
  const takeNext = (): Waiting | undefined => {
    let best = -1;
    let fewest = Math.max(1, most - 1);
    for (const [index, { job }] of waiting.entries()) {
      const count = underWay(job.template);
      if (count < fewest) [best, fewest] = [index, count];
    }
    return best < 0 ? undefined : waiting.splice(best, 1)[0];
  };

  const assign = () => {
    for (const seat of seats) {
      if (seat.state !== "idle") continue;
      const next = takeNext();
      if (next === undefined) break;
      void work(seat, next);
    }
    if (waiting.length > 0 && seats.length === 0) addSeat();
    if (waiting.length > 0 && seats.length < most && growth === undefined) growth = setTimeout(grow, lateMs);
  };

  const grow = () => {
    growth = undefined;
    const now = performance.now();
    const areLate = seats.every(({ state, since }) => state === "working" && now - since >= lateMs);
    if (areLate && waiting.length > 0 && seats.length < most) addSeat();
    assign();
  };

  const rest = (seat: Seat) => {
    seat.state = "idle";
    seat.template = undefined;
    seat.idle = setTimeout(() => {
      seat.state = "ending";
      seat.process.kill();
    }, idleMs).unref();
  };

  const addSeat = () => {
    const seat: Seat = {
      process: start(),
      state: "starting",
      template: undefined,
      since: 0,
      idle: undefined,
    };
    seats.push(seat);
    void seat.process.ended.then(() => {
      clearTimeout(seat.idle);
      seats.splice(seats.indexOf(seat), 1);
      // Otherwise one start that fails would be followed by the next, for ever.
      if (seat.state === "starting" && seats.length === 0)
        for (const { reject } of waiting.splice(0)) reject(notStarted());
      assign();
    });
    void seat.process.ready.then((isReady) => {
      if (!isReady) return;
      rest(seat);
      assign();
    });
  };

  const work = async (seat: Seat, item: Waiting) => {
    clearTimeout(seat.idle);
    seat.state = "working";
    seat.template = item.job.template;
    seat.since = performance.now();
    const rendering = await seat.process.render(item.job);
    const isKilled = rendering.type === "lost" && !rendering.isMemory;
    if (isKilled && !item.isAgain) {
      item.isAgain = true;
      waiting.unshift(item);
    } else item.resolve(rendering);
    // Gone, or about to be.
    if (rendering.type === "lost" || rendering.type === "late") await seat.process.ended;
    else rest(seat);
    assign();
  };

  return {
    render(job) {
      const text = waiting.reduce((sum, { job: { values } }) => sum + values.length, job.values.length);
      if (waiting.length >= mostWaiting || (waiting.length > 0 && text > MAX_WAITING_TEXT))
        return Promise.reject(tooMany(waiting.length));
      return new Promise((resolve, reject) => {
        waiting.push({ job, resolve, reject, isAgain: false });
        assign();
      });
    },
    get pids() {
      return seats.flatMap(({ process: { pid } }) => pid ?? []);
    },
  };
}

function tooMany(count: number): AppError {
  return new AppError("BUSY", `${count} prompts wait for their chat template to be rendered.`, {
    hint: "Try again in a moment, or choose a built-in template: those do not wait.",
  });
}

function notStarted(): AppError {
  return new AppError("OUT_OF_MEMORY", "No process can be started for the chat template.", {
    hint: "The system is short of memory, processes or files; a built-in template needs none.",
  });
}
