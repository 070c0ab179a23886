using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Monitoring;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// What brings the server and its watchers up, and what ships the logs: the files agree with the guide and with each other.
/// </summary>
public sealed partial class DeployFileTests
{
    private static readonly JsonObject _services = Deployment.Read("compose.yaml")["services"]!.AsObject();
    private static readonly JsonNode _server = _services["mcp-devbench"]!;

    [Fact]
    public async Task Compose_takes_the_file()
    {
        Assert.SkipUnless((await Command.Run("docker", "compose", "version")).ExitCode == 0, "there is no compose plugin");
        (
            await Command.Run(
                "docker", ["compose", "--profile", "elk", "-f", Deployment.File("compose.yaml"), "config", "--quiet"],
                new Dictionary<string, string> { ["DOCKER_GID"] = "0" })).Succeeded();
    }

    [Fact]
    public void Everything_is_pinned_and_published_on_the_loopback_address_alone()
    {
        Assert.All(_services, service =>
        {
            Assert.Matches(@"^[a-z/-]+:v?(dev|\d+\.\d+\.\d+)$", (string)service.Value!["image"]!);
            Assert.All(Texts(service.Value["ports"]), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void What_is_mounted_is_there_and_what_is_named_is_declared()
    {
        var compose = Deployment.Read("compose.yaml");
        Assert.All(_services, service =>
        {
            foreach (
                var source in Texts(service.Value!["volumes"]).Select(volume => volume.Split(':')[0]).Where(source => source[0] != '$'))
                Assert.True(
                    source[0] == '.' ? Path.Exists(Deployment.File(source)) : compose["volumes"]!.AsObject().ContainsKey(source),
                    $"{service.Key} mounts {source}");
            Assert.All(
                Texts(service.Value["networks"]), network => Assert.True(compose["networks"]!.AsObject().ContainsKey(network), network));
        });
        // Who is addressed by name is a service on the same network as who asks.
        (string Asks, string File)[] addresses =
        [
            ("prometheus", "prometheus/prometheus.yml"),
            ("grafana", "grafana/provisioning/datasources/datasources.yml"),
            ("promtail", "promtail/promtail.yml"),
            ("filebeat", "filebeat/filebeat.yml"),
            ("mcp-devbench", "compose.yaml"),
        ];
        Assert.All(addresses, address =>
        {
            var text = address.Asks == "mcp-devbench" ? _server["environment"]!.ToJsonString() : File.ReadAllText(
                Deployment.File(address.File));
            var named = Host().Matches(text).Select(match => match.Groups[1].Value).Distinct().ToList();
            Assert.NotEmpty(named);
            Assert.All(
                named, name => Assert.NotEmpty(Texts(_services[name]?["networks"]).Intersect(Texts(_services[address.Asks]!["networks"]))));
        });
    }

    [Fact]
    public void The_server_is_confined_and_set_up_as_the_guide_says()
    {
        Assert.True((bool)_server["read_only"]!);
        Assert.Equal(["ALL"], Texts(_server["cap_drop"]));
        Assert.Equal(["no-new-privileges:true"], Texts(_server["security_opt"]));
        Assert.Single(Texts(_server["group_add"]));
        var settings = _server["environment"]!;
        Assert.Equal(("true", "9090"), ((string)settings["MCP_METRICS_ENABLED"]!, (string)settings["MCP_METRICS_PORT"]!));
        Assert.Equal(
            ("true", "/var/log/mcp-devbench/audit.log"), ((string)settings["MCP_AUDIT_ENABLED"]!, (string)settings["MCP_AUDIT_LOG_FILE"]!));
        Assert.Equal(("true", "http://jaeger:4318"), ((string)settings["MCP_TRACING_ENABLED"]!, (string)settings["MCP_TRACING_ENDPOINT"]!));
        // The image makes these two directories for the server's user; only there can it write.
        var dockerfile = File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile.aot"));
        foreach (var folder in new[] { "/data", "/var/log/mcp-devbench" })
        {
            Assert.Contains(Texts(_server["volumes"]), volume => volume.EndsWith($":{folder}", StringComparison.Ordinal));
            Assert.Contains(
                $"--chown=65532:65532", dockerfile.Split('\n').First(line => line.EndsWith($" {folder}/", StringComparison.Ordinal)),
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Kubernetes_probes_the_server_as_the_guide_does()
    {
        var deployment = Deployment.Read("kubernetes/deployment.yaml");
        var container = Assert.Single(deployment["spec"]!["template"]!["spec"]!["containers"]!.AsArray())!;
        Same(
            """{ "httpGet": { "path": "/health/live", "port": 8000 }, "initialDelaySeconds": 30, "periodSeconds": 10 }""",
            container["livenessProbe"]);
        Same(
            """{ "httpGet": { "path": "/health/ready", "port": 8000 }, "initialDelaySeconds": 10, "periodSeconds": 5 }""",
            container["readinessProbe"]);
        Same(
            """{ "allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": { "drop": ["ALL"] } }""",
            container["securityContext"]);
        // Two servers on one database would be one too many.
        Assert.Equal((1, "Recreate"), ((int)deployment["spec"]!["replicas"]!, (string)deployment["spec"]!["strategy"]!["type"]!));
    }

    [Fact]
    public void Kubernetes_objects_find_each_other()
    {
        var deployment = Deployment.Read("kubernetes/deployment.yaml");
        var labels = deployment["spec"]!["template"]!["metadata"]!["labels"];
        var service = Deployment.Read("kubernetes/service.yaml");
        var monitor = Deployment.Read("kubernetes/service-monitor.yaml");
        Same(labels!.ToJsonString(), deployment["spec"]!["selector"]!["matchLabels"]);
        Same(labels.ToJsonString(), service["spec"]!["selector"]);
        Same(labels.ToJsonString(), Deployment.Read("kubernetes/network-policy.yaml")["spec"]!["podSelector"]!["matchLabels"]);
        Same(service["metadata"]!["labels"]!.ToJsonString(), monitor["spec"]!["selector"]!["matchLabels"]);
        // The rules know the job by this name.
        Assert.Equal("mcp-devbench", (string)service["metadata"]!["labels"]![(string)monitor["spec"]!["jobLabel"]!]!);
        Assert.Contains(
            (string)monitor["spec"]!["endpoints"]![0]!["port"]!,
            service["spec"]!["ports"]!.AsArray().Select(port => (string)port!["name"]!));
        Assert.Equal(
            (string)Deployment.Read("kubernetes/storage.yaml")["metadata"]!["name"]!,
            (string)deployment["spec"]!["template"]!["spec"]!["volumes"]![0]!["persistentVolumeClaim"]!["claimName"]!);
        Assert.All(
            Texts(Deployment.Read("kubernetes/kustomization.yaml")["resources"]),
            file => Assert.True(File.Exists(Deployment.File($"kubernetes/{file}")), file));
    }

    [Fact]
    public void The_shippers_read_the_server_s_files_and_promtail_makes_two_labels()
    {
        var promtail = Deployment.Read("promtail/promtail.yml");
        var job = promtail["scrape_configs"]![0]!;
        Assert.Equal("http://loki:3100/loki/api/v1/push", (string)promtail["clients"]![0]!["url"]!);
        Same("""{ "app": "mcp-devbench", "__path__": "/var/log/mcp-devbench/*.log" }""", job["static_configs"]![0]!["labels"]);
        Assert.Equal(
            ["level", "logger"],
            job["pipeline_stages"]!.AsArray().Single(stage => stage!["labels"] is not null)!["labels"]!.AsObject()
                .Select(label => label.Key));
        Assert.Equal(
            "timestamp",
            (string)job["pipeline_stages"]!.AsArray().Single(stage => stage!["timestamp"] is not null)!["timestamp"]!["source"]!);

        var filebeat = Deployment.Read("filebeat/filebeat.yml");
        var input = filebeat["filebeat.inputs"]![0]!;
        Assert.Equal("filestream", (string)input["type"]!);
        Assert.Equal(["/var/log/mcp-devbench/*.log"], Texts(input["paths"]));
        // At the root, `url` and `host` would be texts where Filebeat has objects.
        Assert.Equal("mcp_devbench", (string)input["parsers"]![0]!["ndjson"]!["target"]!);
        var processors = filebeat["processors"]!.AsArray();
        Assert.Equal(
            "mcp_devbench.timestamp", (string)processors.Single(processor => processor!["timestamp"] is not null)!["timestamp"]!["field"]!);
        Same(
            """[{ "from": "mcp_devbench.message", "to": "message" }]""",
            processors.Single(processor => processor!["rename"] is not null)!["rename"]!["fields"]);
        Assert.Equal(["elasticsearch:9200"], Texts(filebeat["output.elasticsearch"]!["hosts"]));
    }

    [Fact]
    public void Whatever_writes_an_audit_file_has_somebody_who_rotates_it()
    {
        var file = (string)_server["environment"]!["MCP_AUDIT_LOG_FILE"]!;
        var rotator = _services["audit-rotator"]!;
        Assert.Equal(["sh", "/rotate.sh", file], Texts(rotator["command"]));
        Assert.Equal("65532:65532", (string)rotator["user"]!);
        var volume = Assert.Single(Texts(rotator["volumes"]), volume => volume.StartsWith("logs:", StringComparison.Ordinal));
        Assert.Contains(volume, Texts(_server["volumes"]));
        Assert.Contains($"{file} {{", File.ReadAllText(Deployment.File("logrotate/mcp-devbench")), StringComparison.Ordinal);
        var container = Deployment.Read("kubernetes/deployment.yaml")["spec"]!["template"]!["spec"]!["containers"]![0]!;
        Assert.DoesNotContain(
            container["env"]!.AsArray(), variable => (string)variable!["name"]! is "MCP_AUDIT_LOG_FILE" or "MCP_LOG_FILE");
    }

    [Fact]
    public async Task Logrotate_takes_the_file_and_moves_both_logs_away()
    {
        var shipped = Deployment.File("logrotate/mcp-devbench");
        var read = await Command.Run(Deployment.Tool("logrotate"), "-d", shipped);
        Assert.DoesNotContain("error", read.Succeeded() + read.Errors, StringComparison.Ordinal);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["audit.log"], "a record\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["server.log"], "a line\n", TestContext.Current.CancellationToken);
        // As it is, but for the folder.
        var rules = (await File.ReadAllTextAsync(shipped, TestContext.Current.CancellationToken)).Replace(
            "/var/log/mcp-devbench", folder.Path, StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["rules"], rules, TestContext.Current.CancellationToken);
        (await Command.Run(Deployment.Tool("logrotate"), "--force", "--state", folder["state"], folder["rules"])).Succeeded();
        foreach (var (name, content) in new[] { ("audit.log", "a record\n"), ("server.log", "a line\n") })
        {
            var moved = Assert.Single(Directory.GetFiles(folder.Path, $"{name}*"));
            Assert.Matches($@"/{name}-\d{{8}}-\d+$", moved);
            Assert.Equal(content, await File.ReadAllTextAsync(moved, TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task The_rotator_moves_what_is_too_large_and_packs_it_a_turn_later()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["audit.log"], "a line that is too long\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["server.log"], "a line that is somebody else's\n", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder["audit.log-20200101-1.gz"], "", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(folder["audit.log-20200101-1.gz"], DateTime.UnixEpoch);
        await DockerHost.Docker(
            "run", "--rm", "--network", "none", "-v", $"{folder.Path}:/logs", "-v", $"{Deployment.File("logrotate/rotate.sh")}:/rotate.sh:ro", "-e", "ROTATE_BYTES=10", "-e", "ROTATE_PAUSE_S=1",
            Images.Busybox, "timeout", "4", "sh", "/rotate.sh", "/logs/audit.log");
        var packed = Assert.Single(Directory.GetFiles(folder.Path, "audit.log*"));
        Assert.Matches(@"/audit\.log-\d{8}-\d+\.gz$", packed);
        Assert.Equal("a line that is too long", (await Command.Run("gzip", "-dc", packed)).Succeeded());
        Assert.True(File.Exists(folder["server.log"]));
    }

    private static void Same(string expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(expected), actual), $"expected {expected}, got {actual?.ToJsonString()}");

    private static IEnumerable<string> Texts(JsonNode? list) => list?.AsArray().Select(item => (string)item!) ?? [];

    [GeneratedRegex(@"(?:http://|""|')([a-z][a-z-]+):\d{4,5}\b")]
    private static partial Regex Host();
}
