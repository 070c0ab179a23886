using System.Net;
using System.Text.Json.Nodes;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>The probes of deploy/kubernetes, asked as a kubelet asks.</summary>
internal static class KubernetesProbes
{
    private static readonly JsonNode _container =
        Deployment.Read("kubernetes/deployment.yaml")["spec"]!["template"]!["spec"]!["containers"]![0]!;

    /// <summary>As the deployment sets it: the pod's address is not among them.</summary>
    public static string AllowedHosts { get; } = (string)_container["env"]!.AsArray().Single(
        variable => (string)variable!["name"]! == "MCP_ALLOWED_HOSTS")!["value"]!;

    /// <summary>A kubelet goes by the pod's own address, and has a second unless it is told otherwise.</summary>
    public static async Task Pass(string address)
    {
        foreach (var name in new[] { "livenessProbe", "readinessProbe" })
        {
            var probe = _container[name]!;
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds((int?)probe["timeoutSeconds"] ?? 1) };
            using var answer = await http.GetAsync(
                new Uri($"http://{address}:{probe["httpGet"]!["port"]}{probe["httpGet"]!["path"]}"), TestContext.Current.CancellationToken);
            Assert.True(
                answer.StatusCode == HttpStatusCode.OK,
                $"{name}: {answer.StatusCode}: {await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)}");
        }
    }
}
