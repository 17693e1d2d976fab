package io.scanwarden.operator;

import io.scanwarden.operator.leader.Room;
import io.scanwarden.operator.pool.PoolRoom;
import io.scanwarden.operator.run.NamespaceLabels;
import io.scanwarden.operator.schedule.ScheduleRoom;
import io.scanwarden.operator.schedule.SpecCheck;
import io.scanwarden.operator.tenant.TenantRoom;
import io.scanwarden.operator.webhook.WebhookRoom;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The program. */
public final class Main {
  private Main() {}

  /** Runs the command line and exits with its code. */
  public static void main(String[] args) {
    PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
    int code = ScanwardenCommand.commandLine(System.getenv(), out, err).execute(args);
    out.flush();
    err.flush();
    System.exit(code);
  }

  /** All rooms that act. */
  static List<Room> rooms(OperatorProcess.Surroundings surroundings) {
    NamespaceLabels labels = new NamespaceLabels(surroundings.client(), surroundings.namespaces());
    TenantRoom tenants =
        new TenantRoom(
            surroundings.client(),
            surroundings.unfencedClient(),
            InstantSource.system(),
            surroundings.metrics(),
            surroundings.audit(),
            labels,
            surroundings.namespaces());
    surroundings.audit().tenants(tenants::nameOf);
    PoolRoom pools =
        new PoolRoom(
            surroundings.fireClient(),
            surroundings.client(),
            surroundings.fence(),
            surroundings.clock(),
            surroundings.metrics(),
            surroundings.events(),
            labels,
            tenants,
            surroundings.namespaces());
    List<Room> rooms = new ArrayList<>();
    rooms.add(tenants);
    rooms.add(pools);
    rooms.add(
        new ScheduleRoom(
            surroundings.fireClient(),
            surroundings.client(),
            surroundings.fence(),
            surroundings.clock(),
            surroundings.metrics(),
            surroundings.events(),
            surroundings.audit(),
            pools.admission(),
            pools.adhoc(),
            tenants,
            surroundings.namespaces()));
    // Behind those that it asks.
    surroundings
        .webhook()
        .ifPresent(
            options ->
                rooms.add(
                    new WebhookRoom(
                        surroundings.client(),
                        options,
                        InstantSource.system(),
                        surroundings.metrics(),
                        pools.admission(),
                        pools.adhoc()::queued,
                        new SpecCheck(surroundings.clock(), tenants::activeJobs)::check,
                        tenants.gate(),
                        surroundings.refusals(),
                        surroundings.audit(),
                        surroundings.namespaces(),
                        List.of(pools.views()))));
    return rooms;
  }

  /**
   * The version of this program, from its manifest; {@code development} when it was not packaged.
   */
  static String version() {
    return Optional.ofNullable(Main.class.getPackage().getImplementationVersion())
        .orElse("development");
  }
}
