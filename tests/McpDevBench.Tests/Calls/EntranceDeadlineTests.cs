using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.Observability.Metrics;
using McpDevBench.Tests.Observability.Traces;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.Protocol;

namespace McpDevBench.Tests.Calls;

/// <summary>Every request is answered in time, whatever its method, also where its handler never ends.</summary>
[Collection(Listening.Name)]
public sealed class EntranceDeadlineTests
{
    [Theory]
    [InlineData("prompts/get", """{"name":"endless"}""")]
    [InlineData("completion/complete", """{"ref":{"type":"ref/prompt","name":"endless"},"argument":{"name":"a","value":""}}""")]
    [InlineData("resources/list", "{}")]
    [InlineData("resources/templates/list", "{}")]
    [InlineData("prompts/list", "{}")]
    public async Task A_request_that_never_ends_is_answered_as_a_timeout(string method, string parameters)
    {
        var clock = Clocks.Standing();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var server = await TestServer.StartAsync(null, contract =>
        {
            contract.Services.AddSingleton<TimeProvider>(clock);
            contract.WithGetPromptHandler((_, _) => Endless<GetPromptResult>()).WithCompleteHandler((_, _) => Endless<CompleteResult>())
                .WithListResourcesHandler((_, _) => Endless<ListResourcesResult>())
                .WithListResourceTemplatesHandler((_, _) => Endless<ListResourceTemplatesResult>())
                .WithListPromptsHandler((_, _) => Endless<ListPromptsResult>());
        });

        using var request = new HttpRequestMessage(HttpMethod.Post, "/mcp")
        {
            Content = new StringContent(
                $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Accept.ParseAdd("application/json, text/event-stream");
        var answering = server.Client.SendAsync(request, TestContext.Current.CancellationToken);
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        clock.Advance(CallDeadline.DefaultTimeout);
        for (var round = 0; !answering.IsCompleted && round < 1000; round++)
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(answering, Task.Delay(TimeSpan.FromMilliseconds(20), TestContext.Current.CancellationToken));
        }
        Assert.True(answering.IsCompleted, $"{method} is not answered");

        using var answer = await answering;
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var error = JsonNode.Parse(text.Split('\n').First(line => line.StartsWith("data: ", StringComparison.Ordinal))[6..])!["error"]!;
        Assert.StartsWith($"{method} did not finish within 30 s. Call again", (string)error["message"]!, StringComparison.Ordinal);
        var metrics = await server.Services.GetRequiredService<MetricCatalogue>().ExportAsync(TestContext.Current.CancellationToken);
        Assert.Contains($"mcp_api_errors_total{{method=\"{method}\",error_type=\"timeout\"}} 1\n", metrics, StringComparison.Ordinal);

        ValueTask<T> Endless<T>()
        {
            begun.TrySetResult();
            return new ValueTask<T>(new TaskCompletionSource<T>().Task);
        }
    }
}
