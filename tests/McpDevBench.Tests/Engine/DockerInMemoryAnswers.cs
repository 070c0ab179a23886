using System.Net.Sockets;
using System.Text.Json.Nodes;
using System.Web;
using McpDevBench.AgentProtocol;
using McpDevBench.Engine;
using McpDevBench.Tests.Agents;

namespace McpDevBench.Tests.Engine;

/// <summary>What the engine in memory does at each call.</summary>
internal sealed partial class DockerInMemory
{
    public const string ImageId = "sha256:1111111111111111111111111111111111111111111111111111111111111111";

    private static readonly JsonObject _image = new()
    {
        ["Id"] = ImageId, ["Os"] = "linux", ["Architecture"] = "amd64", ["RepoTags"] = new JsonArray("busybox:latest"),
        ["RepoDigests"] = new JsonArray(), ["Config"] = new JsonObject { ["Env"] = new JsonArray() },
    };

    private static readonly JsonObject _version = new()
    {
        ["Version"] = "28.0", ["ApiVersion"] = "1.51", ["MinAPIVersion"] = "1.24", ["Arch"] = "amd64",
    };

    private JsonObject Info => new()
    {
        ["ID"] = "in-memory", ["NCPU"] = Processors, ["MemTotal"] = 8L << 30,
    };

    private static string NameOf(string method, string path) => (method, path.Split('/')) switch
    {
        (_, ["version"]) => "version",
        (_, ["info"]) => "info",
        (_, ["_ping"]) => "ping",
        (_, ["commit"]) => "commit",
        (_, ["images", "json"]) => "image_list",
        (_, ["images", ..]) => "image_inspect",
        ("POST", ["volumes", "create"]) => "volume_create",
        ("DELETE", ["volumes", _]) => "volume_remove",
        (_, ["volumes"]) => "volume_list",
        (_, ["containers", "create"]) => "create",
        (_, ["containers", "json"]) => "list",
        (_, ["containers", _, "json"]) => "inspect",
        ("PUT", ["containers", _, "archive"]) => "put",
        (_, ["containers", _, "archive"]) => "stat",
        ("DELETE", ["containers", _]) => "remove",
        (_, ["containers", _, var verb]) => verb,
        _ => path,
    };

    private (int Status, JsonNode? Answer) Answer(string call, string path, string query, byte[] body)
    {
        var values = HttpUtility.ParseQueryString(query);
        var container = path.Split('/') is ["containers", var id, ..] ? Find(id) : null;
        switch (call)
        {
            case "version":
                return (200, _version.DeepClone());
            case "info":
                return (200, Info);
            case "image_inspect":
                return (200, _image.DeepClone());
            case "image_list":
                return (200, new JsonArray());
            case "commit":
                return (201, new JsonObject { ["Id"] = "sha256:2222222222222222222222222222222222222222222222222222222222222222" });
            case "volume_create":
                return (201, CreateVolume(JsonNode.Parse(body)!.AsObject()));
            case "volume_list":
                var found = Volumes.Values.Where(volume => Has(volume["Labels"], values["filters"])).Select(volume => volume.DeepClone());
                return (200, new JsonObject { [nameof(Volumes)] = new JsonArray([.. found]) });
            case "volume_remove":
                return (RemoveVolume(path.Split('/')[1]), new JsonObject { ["message"] = "the volume" });
            case "create":
                return (
                    201,
                    new JsonObject { ["Id"] = Create(values["name"]!, JsonNode.Parse(body)!.AsObject()), ["Warnings"] = new JsonArray() });
            case "list":
                return (
                    200,
                    new JsonArray([.. Containers.Values.Where(one => Has(one["Config"]!["Labels"], values["filters"])).Select(Listed)]));
        }
        if (container is null || call == "stat")
            return (404, new JsonObject { ["message"] = "there is no such thing" });
        switch (call)
        {
            case "inspect":
                return (200, container.DeepClone());
            case "start":
                container["State"]!["Status"] = "running";
                return (204, null);
            case "remove":
                Containers.TryRemove(container["Id"]!.GetValue<string>(), out _);
                return (204, null);
            default:
                return (200, new JsonObject());
        }
    }

    private JsonObject? Find(string idOrName) =>
        Containers.GetValueOrDefault(idOrName) ?? Containers.Values.FirstOrDefault(
            one => one["Name"]!.GetValue<string>() == "/" + idOrName);

    private string Create(string name, JsonObject parameters)
    {
        var id = Guid.NewGuid().ToString("n");
        var host = parameters["HostConfig"]!.DeepClone().AsObject();
        (host["MaskedPaths"], host["ReadonlyPaths"]) = (new JsonArray("/proc/kcore"), new JsonArray("/proc/sys"));
        var mounts = new JsonArray();
        foreach (var mount in host["Mounts"]?.AsArray() ?? [])
        {
            var volume = mount!["Source"]!.GetValue<string>();
            // As Docker does: without a word, and without labels.
            if (!Volumes.ContainsKey(volume))
                AddVolume(volume);
            mounts.Add(new JsonObject
            {
                ["Type"] = "volume", ["Name"] = volume, ["Destination"] = mount["Target"]!.DeepClone(),
                ["RW"] = mount["ReadOnly"]?.GetValue<bool>() != true,
            });
        }
        var config = parameters.DeepClone().AsObject();
        config.Remove("HostConfig");
        Containers[id] = new JsonObject
        {
            ["Id"] =
                id, ["Name"] = "/" + name, ["Created"] = DateTimeOffset.UtcNow.ToString("O"), ["Config"] = config, ["HostConfig"] = host,
            ["Mounts"] = mounts, ["State"] = new JsonObject { ["Status"] = "created" },
        };
        return id;
    }

    private static JsonNode Listed(JsonObject container) => new JsonObject
    {
        ["Id"] = container["Id"]!.DeepClone(), ["Names"] = new JsonArray(container["Name"]!.DeepClone()),
        ["State"] = container["State"]!["Status"]!.DeepClone(), ["ImageID"] = container["Config"]!["Image"]!.DeepClone(),
        ["Labels"] = container["Config"]!["Labels"]?.DeepClone(), ["Mounts"] = container["Mounts"]!.DeepClone(),
        ["Created"] = DateTimeOffset.Parse(
            container["Created"]!.GetValue<string>(), System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds(),
    };

    private JsonNode CreateVolume(JsonObject parameters)
    {
        var name = parameters["Name"]!.GetValue<string>();
        if (!Volumes.ContainsKey(name))
            AddVolume(name, parameters["Labels"]?.DeepClone().AsObject());
        return Volumes[name].DeepClone();
    }

    private int RemoveVolume(string name)
    {
        if (Containers.Values.Any(one => one["Mounts"]!.AsArray().Any(mount => mount!["Name"]!.GetValue<string>() == name)))
            return 409;
        return Volumes.TryRemove(name, out _) ? 204 : 404;
    }

    private static bool Has(JsonNode? labels, string? filters)
    {
        if (filters is null || JsonNode.Parse(filters)!["label"] is not JsonObject wanted)
            return true;
        return wanted.All(pair =>
        {
            var (name, value) = pair.Key.Split('=', 2) is [var key, var text] ? (key, text) : (pair.Key, null);
            return labels?[name] is { } label && (value is null || label.GetValue<string>() == value);
        });
    }

    /// <summary>The agent of a container: greets with the user that the container was created for, and knows no file.</summary>
    private async Task AttachAsync(NetworkStream stream, string id)
    {
        await stream.WriteAsync(ScriptedEngine.Upgraded);
        var command = Find(id)!["Config"]!["Cmd"]!.AsArray().Select(word => word!.GetValue<string>());
        var agent = new ScriptedAgent(stream);
        await agent.GreetAsync([], (uint)WorkspaceUser.Of(command));
        while (true)
        {
            var (header, payload) = await agent.ReadAsync();
            if (header.Kind == FrameKind.Ping)
                await agent.SendAsync(FrameKind.Pong, Protocol.NoChannel, [.. new byte[sizeof(long)], .. payload]);
            if (header.Kind == FrameKind.Request)
                await agent.SendAsync(FrameKind.Response, header.Channel, [(byte)AgentStatus.NotFound]);
        }
    }
}
