/** glitcher's search: GlitchMiner's with neighbours in input space and a filter on texts. */

import { startWalk, walkCharge } from "./embedding-walk.ts";
import { fixedOrder } from "./fixed-order.ts";
import { byNorm } from "./low-norm.ts";
import type { OrderMethod } from "./token-order.ts";

/**
 * Texts that glitcher takes for special tokens and never visits. Its other list (brackets, underscores, "arg",
 * "prop", "char", a leading dot or dollar) belongs to its verdict: such tokens are visited, paid for and called
 * normal unseen. Here they are visited and judged.
 */
function isLeftOut(text: string): boolean {
  return (text.startsWith("<") && text.endsWith(">")) || /<script>|javascript:/.test(text);
}

export const GLITCHER: OrderMethod = {
  id: "glitcher",
  goal: "From the smallest input embedding over nearest neighbours in input space, highest entropy first.",
  reference: "binaryninja's glitcher, `mine --mode entropy`; k 32 and batch 8 as in its program.",
  note:
    "glitcher's walk and filter, not its verdicts: a token is judged by calibrated probes, and its list of " +
    "texts that are declared normal unseen is not used.",
  usesIndicators: true,
  reads: "input-rows",
  neighbours: 32,
  charge: walkCharge,
  start(context) {
    const byInputNorm = byNorm(context);
    const rest = byInputNorm.filter((id) => isLeftOut(context.textOf(id)));
    const leftOut = new Set(rest);
    const ids = byInputNorm.filter((id) => !leftOut.has(id));
    const rows = context.indicators?.rows?.input;
    if (!rows || !context.adaptive || ids.length === 0) return fixedOrder([...ids, ...rest]);
    return startWalk({ ...context, rows, start: ids[0]!, ids, rest });
  },
};
