/** The entry that agents are configured with, answered by a server: the way from the file to another program. */

import type { IntegrationCheck } from "../check.ts";
import { shown } from "../words.ts";

export const liveServerCheck: IntegrationCheck = {
  id: "live-server",
  asks: "whether the config_list entry of AutoGen answers through a live server, by the rules of its client",
  run: async ({ askServer }) => {
    if (askServer === undefined)
      return {
        status: "warn",
        message: "No server was asked",
        hint: "`assay integration` starts one, or asks that of --server URL.",
        figures: { rules: 0, broken: 0 },
      };
    const { model, server, text, rules, seconds } = await askServer();
    const broken = rules.filter(({ status }) => status === "fail");
    const figures = { rules: rules.length, broken: broken.length, replySeconds: seconds };
    const asked = `${shown(model)} at ${server}`;
    const first = broken[0];
    if (first !== undefined)
      return {
        status: "fail",
        message: `${asked}: ${broken.length} of ${rules.length} rules are broken; ${first.id}: ${first.reason}`,
        hint: `\`assay conformance ${server}\` asks all of them.`,
        figures,
      };
    if (text.trim() === "")
      return {
        status: "warn",
        message: `${asked} keeps ${rules.length} rules, but the answer is empty`,
        hint: "Compare `assay ask`: the model ends at once, or the template is wrong.",
        figures,
      };
    return {
      status: "ok",
      message: `${asked} answered «${shown(text.trim())}» to what AutoGen 0.2 sends; ${rules.length} wire rules hold`,
      figures,
    };
  },
};
