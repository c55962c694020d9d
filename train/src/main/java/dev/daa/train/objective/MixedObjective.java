package dev.daa.train.objective;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// A weighted sum of objectives on the same pairs: L = Σ_k w_k·L_k, e.g. MPO = .8 DPO + .2 BCO + 1 SFT (2411.10442).
/// A unary part contributes the mean of its two terms to each pair.
///
/// @param name  as in configs
/// @param parts objectives and their weights
public record MixedObjective(String name, List<Part> parts) implements Objective {

    /// An objective with its weight in the sum.
    public record Part(double weight, Objective objective) {}

    @Override
    public Set<Need> needs() {
        Set<Need> needs = EnumSet.noneOf(Need.class);
        for (Part part : parts) {
            needs.addAll(part.objective().needs());
        }
        return needs;
    }

    @Override
    public boolean perToken() {
        return parts.stream().anyMatch(part -> part.objective().perToken());
    }

    @Override
    public Optional<ReferenceUpdate> referenceUpdate() {
        return parts.stream()
                .flatMap(part -> part.objective().referenceUpdate().stream())
                .findFirst();
    }

    /// The states of the parts, one after the other.
    @Override
    public double[] initialState() {
        double[] state = {};
        for (Part part : parts) {
            state = concatenated(state, part.objective().initialState());
        }
        return state;
    }

    /// For each part the number of its constants, then the constants.
    @Override
    public double[] constants(PairBatch batch, double[] state) {
        double[] all = {};
        int offset = 0;
        for (Part part : parts) {
            int size = part.objective().initialState().length;
            double[] own = Arrays.copyOfRange(state, offset, offset + size);
            double[] constants = part.objective().constants(batch, own);
            System.arraycopy(own, 0, state, offset, size);
            offset += size;
            all = concatenated(concatenated(all, new double[] {constants.length}), constants);
        }
        return all;
    }

    @Override
    public void evaluate(PairBatch batch, double[] constants, PairLoss out) {
        int pairs = batch.pairs();
        out.reset(batch, pairs);
        PairLoss own = new PairLoss();
        int offset = 0;
        for (Part part : parts) {
            int size = (int) constants[offset];
            part.objective().evaluate(batch, Arrays.copyOfRange(constants, offset + 1, offset + 1 + size), own);
            offset += 1 + size;
            double share = pairs == 0 ? 0 : part.weight() * pairs / own.count();
            for (int term = 0; term < own.count(); term++) {
                out.loss()[term % pairs] += share * own.loss()[term];
            }
            add(out.dChosen(), share, own.dChosen(), pairs);
            add(out.dRejected(), share, own.dRejected(), pairs);
            add(
                    out.dChosenToken(),
                    share,
                    own.dChosenToken(),
                    batch.chosen().tokens().policy().length);
            add(
                    out.dRejectedToken(),
                    share,
                    own.dRejectedToken(),
                    batch.rejected().tokens().policy().length);
            add(
                    out.dChosenForwardKl(),
                    share,
                    own.dChosenForwardKl(),
                    batch.chosen().forwardKl().length);
            add(
                    out.dRejectedForwardKl(),
                    share,
                    own.dRejectedForwardKl(),
                    batch.rejected().forwardKl().length);
        }
    }

    private static void add(double[] total, double weight, double[] part, int size) {
        for (int i = 0; i < size; i++) {
            total[i] += weight * part[i];
        }
    }

    private static double[] concatenated(double[] first, double[] second) {
        double[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
