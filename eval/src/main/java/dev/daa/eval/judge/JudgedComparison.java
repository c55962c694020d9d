package dev.daa.eval.judge;

import dev.daa.eval.gold.LengthControlledWinRate;
import dev.daa.eval.gold.WinRate;
import java.util.ArrayList;
import java.util.List;

/// Win rate of a policy's responses against an opponent's, by a judge that sees each pair in both orders: a response
/// that wins in both wins, one that wins in one order only ties.
///
/// @param winRate ties count ½
/// @param lengthControlled the rate at the opponent's length, lengths in characters
/// @param agreement share of pairs whose two orders had the same winner or tie; ½ or less is a judge that looks at
///   order
/// @param firstRate share of all answers for the response in first place, ties ½; ½ is no preference for a place
/// @param cost what it took, in words
public record JudgedComparison(
        WinRate winRate, LengthControlledWinRate lengthControlled, double agreement, double firstRate, String cost) {

    public static JudgedComparison of(ResponsePairs compared, Judge judge) {
        List<ResponsePairs.Pair> pairs = compared.pairs();
        List<Judge.Question> questions = new ArrayList<>();
        for (ResponsePairs.Pair pair : pairs) {
            questions.add(pair.question());
            questions.add(pair.question().swapped());
        }
        List<Judge.Verdict> verdicts = judge.judge(questions);
        int count = pairs.size();
        double[] score = new double[count];
        double[] lengthDifference = new double[count];
        int[] group = new int[count];
        double agreed = 0;
        double first = 0;
        for (int i = 0; i < count; i++) {
            double straight = points(verdicts.get(2 * i));
            double swapped = points(verdicts.get(2 * i + 1));
            double mean = (straight + 1 - swapped) / 2;
            score[i] = mean == 1 || mean == 0 ? mean : 0.5;
            agreed += straight == 1 - swapped ? 1 : 0;
            first += (straight + swapped) / 2;
            group[i] = pairs.get(i).group();
            lengthDifference[i] = pairs.get(i).policy().response().length()
                    - pairs.get(i).opponent().response().length();
        }
        return new JudgedComparison(
                WinRate.of(score, opposite(score), group),
                LengthControlledWinRate.of(score, lengthDifference, group),
                agreed / count,
                first / count,
                judge.cost());
    }

    private static double points(Judge.Verdict verdict) {
        return switch (verdict) {
            case FIRST -> 1;
            case SECOND -> 0;
            case TIE -> 0.5;
        };
    }

    private static double[] opposite(double[] score) {
        double[] opposite = new double[score.length];
        for (int i = 0; i < score.length; i++) {
            opposite[i] = 1 - score[i];
        }
        return opposite;
    }
}
