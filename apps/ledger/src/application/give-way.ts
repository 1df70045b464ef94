import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Lets the threads that answer callers go first where all want a core: the calling thread becomes so much nicer than the
 * process was (nice(2): each step takes a fifth of its share). Linux keeps a priority for each thread; elsewhere all stay equal.
 */
export function giveWay(steps: number): void {
  try {
    const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    setPriority(thread, Math.min(constants.priority.PRIORITY_LOW, getPriority(thread) + steps));
  } catch {
    // Not offered here.
  }
}
