/**
 * The text that perplexity is measured on unless --text names another. Written for this purpose and in the public
 * domain: a text that is famous would be known by heart, and a rounding of weights hardly touches what is. Several
 * registers, as a model is used for more than one.
 */
export const SAMPLE_TEXT =
  unwrapped(`The ferry left the island at ten past six, a little later than the board had promised. Two
men were loading crates of apples, and a girl with a violin case counted them aloud as if somebody had to. When the
engine started, the gulls rose from the roof of the customs house and settled again at once, because they had learned
that nothing new would come of it. On the upper deck an old teacher was reading a newspaper from the week before. He
read slowly, page by page, and whenever he finished one he folded it into a square and put it under his hat.

Dear Mrs. Kessel, thank you for the two chairs, which arrived on Thursday without a scratch. The taller one stands in
the hall now and the other beside the stove, where the cat has taken possession of it. You asked what we owe you for
the transport. I have enclosed the receipt and a small amount for the driver, who carried both of them up four flights
of stairs and would not accept a glass of water. If you come through our town in the autumn, please ring the bell
twice, since the first ring is usually the children next door.

To repair a dripping tap, close the valve under the sink first and open the tap until no more water comes. Remove the
cap with a flat tool, loosen the screw, and lift the handle off. The washer sits at the end of the spindle. If it is
hard or worn on one side, replace it with a new one of the same size; a washer that is too thick will make the handle
stiff and wear out sooner. Clean the seat with a dry cloth, put everything back in the reverse order, and open the
valve slowly while you watch the joint.

The committee met on 14 March with nine of its eleven members present. The minutes of the last meeting were approved
without changes. The treasurer reported an income of 12,480 and expenses of 11,935, which leaves 545 for the repair of
the roof. A member asked whether the lamp at the corner could be switched off after midnight. The proposal was accepted
by six votes to two, with one abstention. The next meeting will be held in the library, as the hall is being painted.

"You said it was a short walk," Tomas complained, and looked back at the village, which had become a handful of lights.
"I said it was a beautiful walk," said his sister. "Short was your own idea." They went on without talking until the
path divided. To the left it followed the stream; to the right it climbed between stones towards the pass. Neither of
them remembered a division. "Then we decide by the moon," she said. "It is cloudy." "Then we decide by the clouds."

A sorted list can be searched quickly. Look at the element in the middle: if it is the one you want, you are done; if
it is larger, forget the upper half, otherwise forget the lower half, and begin again with what is left. Each step
halves the number of candidates, so a list of a million elements needs about twenty steps. The method fails when the
list is not sorted, and it fails quietly: it will report that something is missing although it is there. For this
reason many programs check the order once, before they rely on it.

Rain is measured by the depth of water that would cover the ground if none of it ran away. A gauge is no more than a
straight cylinder with a funnel on top, and it must stand in the open, far from walls and trees, because wind carries
drops around obstacles. In the dry valleys behind the mountains a whole year brings less than in one wet week on the
coast. Farmers there build low walls across the slope, one below the other, so that each field drinks what the field
above it could not hold. After a good storm the walls look like a staircase of mirrors.
`);

/** A paragraph a line: lines that end in the middle of a sentence belong to this file, not to the text. */
function unwrapped(text: string): string {
  return text.replaceAll(/(\S)\n(?=\S)/g, "$1 ");
}
