package dev.daa.train.ppo;

/// How far a policy is from its reference, as the penalty counts it.
public enum PolicyDivergence {
    /// KL(π‖π_ref), where [KlPenalty] puts it.
    KL,
    /// √χ²(π‖π_ref) over whole responses, in the reward ([ChiSquare]).
    CHI2
}
