package io.scanwarden.operator.observe.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class AuditLineTest {
  private static final AuditHead BEFORE = new AuditHead(41, "ab".repeat(32));

  @Test
  void saysAllThatIsKnown() {
    AuditEntry entry =
        AuditEntry.of(AuditAction.QUOTA_EXCEEDED, "team-a-dev", "Job", "scan-1")
            .ofTenant("team-a")
            .because("activeJobs")
            .with(new AuditEntry.Amounts(10, 10, 1))
            .by("system:serviceaccount:ci:pipeline");

    assertThat(text(entry))
        .isEqualTo(
            """
            {"time":"2026-11-23T03:00:00.250Z","replica":"here","seq":42,"action":"QuotaExceeded",\
            "tenant":"team-a","namespace":"team-a-dev","object":"Job/scan-1",\
            "reason":"activeJobs","limit":10,"current":10,"attempted":1,\
            "actor":"system:serviceaccount:ci:pipeline",\
            "previous":"abababababababababababababababababababababababababababababababab",\
            "hash":"%s"}"""
                .formatted(line(entry).head().hash()));
  }

  @Test
  void saysNothingOfWhatIsNot() {
    assertThat(text(AuditEntry.clusterWide(AuditAction.QUOTA_CHANGED, "TenantQuota", "team-a")))
        .contains("\"action\":\"QuotaChanged\",\"object\":\"TenantQuota/team-a\",\"previous\"");
    assertThat(text(AuditLogs.started(1)))
        .contains("\"job\":\"nightly-1\",\"scheduledTime\":\"2026-11-23T03:00:01.250Z\"");
    assertThat(text(new AuditContent.Gap(3))).contains("\"action\":\"AuditGap\",\"lost\":3,");
  }

  /** As docs/reference/audit.md says that anybody can do it. */
  @Test
  void theHashIsOverTheLineWithoutIt() throws Exception {
    AuditEntry entry = AuditLogs.started(1).by("Zoë \"\n\u2028 \ud83d\ude00");
    String line = text(entry);

    String hashed = line.replaceFirst(",\"hash\":\"[0-9a-f]*\"}$", "}");

    assertThat(line).doesNotContain("\n");
    assertThat(
            HexFormat.of()
                .formatHex(
                    MessageDigest.getInstance("SHA-256")
                        .digest(hashed.getBytes(StandardCharsets.UTF_8))))
        .isEqualTo(line(entry).head().hash());
  }

  @Test
  void isReadAsItWasWritten() {
    AuditLine read = AuditLine.read(line(AuditLogs.started(1)).bytes()).orElseThrow();

    assertThat(read.head()).isEqualTo(line(AuditLogs.started(1)).head());
    assertThat(read.head().seq()).isEqualTo(42);
    assertThat(read.previous()).isEqualTo(BEFORE.hash());
    assertThat(read.actualHash()).isEqualTo(read.head().hash());
    assertThat(read.torn()).isEmpty();
  }

  @Test
  void whateverByteIsChangedTheHashIsAnother() {
    byte[] bytes = line(AuditLogs.started(1)).bytes();
    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] ^= 1;
      assertThat(AuditLine.read(changed).filter(l -> l.actualHash().equals(l.head().hash())))
          .as("byte %d", i)
          .isEmpty();
    }
  }

  private static AuditLine line(AuditContent content) {
    return AuditLine.after(BEFORE, AuditLogs.TIME, "here", content);
  }

  private static String text(AuditContent content) {
    return new String(line(content).bytes(), StandardCharsets.UTF_8);
  }
}
