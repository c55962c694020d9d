package dev.daa.eval.world;

import java.util.List;
import java.util.Locale;

/// What a review is about, with the five aspects that a reference review may mention. Some aspects belong to several
/// items (`price`, `plot`, `staff`, `music`, `pace`, `ending`); a statement is on topic when the prompt's item has its
/// aspect.
public enum Item {
    HOTEL("room", "bed", "view", "breakfast", "staff"),
    FILM("plot", "cast", "ending", "music", "pace"),
    PHONE("screen", "battery", "camera", "speaker", "price"),
    RESTAURANT("food", "menu", "service", "staff", "price"),
    BOOK("plot", "ending", "prose", "cover", "hero"),
    CAR("engine", "seats", "brakes", "radio", "price"),
    GAME("music", "levels", "plot", "controls", "price"),
    COURSE("teacher", "lessons", "homework", "exam", "pace");

    /// Aspects per item; the same for all, so that the reference distribution of (sentiment, length) is too.
    public static final int ASPECTS = 5;

    private final List<String> aspects;

    Item(String... aspects) {
        this.aspects = List.of(aspects);
    }

    /// The word that names the item in prompts and closings.
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    public List<String> aspects() {
        return aspects;
    }
}
