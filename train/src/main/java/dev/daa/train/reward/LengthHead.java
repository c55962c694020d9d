package dev.daa.train.reward;

import dev.daa.compute.InputException;
import dev.daa.train.config.Setting;

/// Whether a reward model is trained with a second head that takes what responses owe to their length, and is then left
/// out (ODIN, Chen et al. 2402.07319).
public record LengthHead(
        @Setting(
                value = "λ_L of |ρ(r_Q, length)| − ρ(r_L, length), for chosen and for rejected responses, r_L being a"
                        + " second head that is left out of the score r_Q; ODIN takes 1, 0 is one head",
                byDefault = "0")
        double correlation,

        @Setting(value = "λ_O of |cos(W_Q, W_L)|, with a second head only", byDefault = "1")
        double orthogonality) {
    /// One head.
    public static final LengthHead NONE = new LengthHead(0, 1);

    public LengthHead {
        if (!(correlation >= 0) || Double.isInfinite(correlation)) {
            throw new InputException(
                    "length_head.correlation is " + correlation + ", expected 0 (one head) or a number above");
        }
        if (!(orthogonality >= 0) || Double.isInfinite(orthogonality)) {
            throw new InputException(
                    "length_head.orthogonality is " + orthogonality + ", expected a finite number of at least 0");
        }
    }

    /// Whether there is a second head.
    public boolean isOn() {
        return correlation > 0;
    }
}
