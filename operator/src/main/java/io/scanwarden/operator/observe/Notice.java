package io.scanwarden.operator.observe;

/**
 * A condition beside Ready that is there while it is True.
 *
 * @param type the condition's, one fixed word
 * @param reason one fixed word
 * @param message for people; says nothing that changes with the clock
 */
public record Notice(String type, String reason, String message) {}
