package io.scanwarden.operator;

/** The program. */
final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.out.println("scanwarden");
  }
}
