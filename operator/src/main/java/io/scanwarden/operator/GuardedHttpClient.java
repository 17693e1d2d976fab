package io.scanwarden.operator;

import io.scanwarden.operator.leader.FencedException;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * The JDK's client, each of whose requests passes the {@link RequestGuard} at the moment it is
 * sent.
 */
final class GuardedHttpClient extends HttpClient {
  private final HttpClient client;
  private final RequestGuard guard;

  GuardedHttpClient(HttpClient client, RequestGuard guard) {
    this.client = client;
    this.guard = guard;
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    Duration turn = guard.turn();
    if (turn.isZero()) {
      return sendNow(request, handler);
    }
    return CompletableFuture.supplyAsync(
            () -> request,
            CompletableFuture.delayedExecutor(turn.toNanos(), TimeUnit.NANOSECONDS, Runnable::run))
        .thenCompose(r -> sendNow(r, handler));
  }

  private <T> CompletableFuture<HttpResponse<T>> sendNow(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    HttpRequest admitted;
    try {
      admitted = guard.admit(request);
    } catch (FencedException e) {
      return CompletableFuture.failedFuture(e);
    }
    long begun = System.nanoTime();
    return client
        .sendAsync(admitted, handler)
        .whenComplete(
            (response, failure) ->
                guard
                    .metrics()
                    .request(
                        request.method(),
                        request.uri(),
                        response == null ? 0 : response.statusCode(),
                        Duration.ofNanos(System.nanoTime() - begun)));
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.PushPromiseHandler<T> pushPromiseHandler) {
    throw new UnsupportedOperationException("the Kubernetes API pushes nothing");
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException {
    throw new UnsupportedOperationException("fabric8's client sends asynchronously");
  }

  @Override
  public WebSocket.Builder newWebSocketBuilder() {
    return client.newWebSocketBuilder();
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return client.cookieHandler();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return client.connectTimeout();
  }

  @Override
  public Redirect followRedirects() {
    return client.followRedirects();
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return client.proxy();
  }

  @Override
  public SSLContext sslContext() {
    return client.sslContext();
  }

  @Override
  public SSLParameters sslParameters() {
    return client.sslParameters();
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return client.authenticator();
  }

  @Override
  public Version version() {
    return client.version();
  }

  @Override
  public Optional<Executor> executor() {
    return client.executor();
  }

  @Override
  public void shutdown() {
    client.shutdown();
  }

  @Override
  public boolean awaitTermination(Duration duration) throws InterruptedException {
    return client.awaitTermination(duration);
  }

  @Override
  public boolean isTerminated() {
    return client.isTerminated();
  }

  @Override
  public void shutdownNow() {
    client.shutdownNow();
  }

  @Override
  public void close() {
    client.close();
  }
}
