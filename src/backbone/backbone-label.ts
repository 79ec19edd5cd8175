/** What a person calls a backbone: its name and input size. Two backbones with the same weights and another size differ. */
export const backboneLabel = ({ name, inputSize }: { name: string; inputSize: number }) =>
  `${name}, ${inputSize} px`;
