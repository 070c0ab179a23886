using McpDevBench.Engine;

namespace McpDevBench.Tests.Engine;

public sealed class PullProgressTests
{
    [Fact]
    public void Layers_and_bytes_add_up_and_the_fraction_never_falls()
    {
        var states = new List<PullState>();
        var progress = new PullProgress();
        progress.Changed += states.Add;
        progress.Report("3.12-slim", "Pulling from library/python", 0, 0);
        progress.Report("a", "Pulling fs layer", 0, 0);
        progress.Report("b", "Already exists", 0, 0);
        for (var bytes = 10; bytes <= 100; bytes += 10)
            progress.Report("a", "Downloading", bytes, 100);
        // A third layer comes up late, and the first download breaks off and begins again.
        progress.Report("c", "Pulling fs layer", 0, 0);
        progress.Report("a", "Downloading", 5, 100);
        progress.Report("a", "Download complete", 0, 0);
        progress.Report("a", "Extracting", 50, 100);
        progress.Report("a", "Pull complete", 0, 0);
        progress.Report("c", "Downloading", 30, 60);
        progress.Report("c", "Pull complete", 0, 0);
        progress.Report("", "Status: Downloaded newer image for python:3.12-slim", 0, 0);

        Assert.Equal("Asking the registry", states[0].ToString());
        Assert.All(states.Zip(states.Skip(1)), pair => Assert.True(pair.Second.Fraction >= pair.First.Fraction));
        Assert.Contains(states, state => state.Fraction is > 0.1 and < 0.9);
        Assert.Equal(new PullState(3, 3, 160, 160, 1), states[^1]);
        Assert.Equal("3 of 3 layers, 0.0 of 0.0 MB", states[^1].ToString());
    }

    [Theory]
    [InlineData("Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host")]
    [InlineData("Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused")]
    [InlineData("net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)")]
    [InlineData("toomanyrequests: You have reached your pull rate limit.")]
    [InlineData("received unexpected HTTP status: 503 Service Unavailable")]
    [InlineData("tls: failed to verify certificate: x509: certificate signed by unknown authority")]
    public void A_registry_that_does_not_answer_is_unavailable_and_worth_another_try(string sentence)
    {
        var refusal = PullFailures.ErrorOf("docker.io/library/python:3.12", sentence);
        Assert.Equal((ErrorCode.RegistryUnavailable, true), (refusal.Code, refusal.Retryable));
        Assert.Contains("docker.io/library/python:3.12", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("manifest for python:3.99 not found: manifest unknown: manifest unknown")]
    [InlineData("pull access denied for nosuch/image, repository does not exist or may require 'docker login'")]
    [InlineData("unauthorized: authentication required")]
    public void An_image_that_the_registry_does_not_give_is_not_found_and_not_worth_another_try(string sentence)
    {
        var refusal = PullFailures.ErrorOf("nosuch/image:1", sentence);
        Assert.Equal((ErrorCode.ImageNotFound, false), (refusal.Code, refusal.Retryable));
    }
}
