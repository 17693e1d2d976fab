package io.scanwarden.operator;

import io.fabric8.kubernetes.client.Config;
import io.scanwarden.operator.leader.Leadership;
import io.scanwarden.operator.observe.audit.AuditOptions;
import io.scanwarden.operator.time.TestWorkClock;
import io.scanwarden.operator.webhook.WebhookOptions;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the process is told when it starts.
 *
 * @param namespaces to watch; empty for all
 * @param qps requests a second to the Kubernetes API; null for no limit
 * @param burst requests at once after a rest, where there is a limit
 * @param webhook how webhooks are served; empty if none are
 * @param audit where the audit log goes; empty if there is none
 * @param testClock null for the system's clock
 */
record ProcessOptions(
    Config cluster,
    Set<String> namespaces,
    String httpAddress,
    int httpPort,
    @Nullable Double qps,
    int burst,
    Leadership.Options election,
    Optional<WebhookOptions> webhook,
    Optional<AuditOptions> audit,
    @Nullable TestWorkClock testClock) {}
