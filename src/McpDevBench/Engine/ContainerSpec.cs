using Docker.DotNet.Models;

namespace McpDevBench.Engine;

/// <summary>
/// Every flag that keeps a workspace in its place, in one file: what is asked of Docker, and the comparison with what Docker made of it.
/// </summary>
internal sealed record ContainerSpec
{
    /// <summary>A name that no image has by chance; one that has it on purpose gets a clean folder there.</summary>
    public const string AgentFolder = "/.mcp-devbench";

    public const string AgentFile = "devbench-agent";
    public const string AgentPath = $"{AgentFolder}/{AgentFile}";
    public const string WorkspacePath = ContainerPaths.Workspace;
    public const string HomePath = "/home/dev";
    public const string HostName = "workspace";

    /// <summary>
    /// Of the layer of ours: the parts of <see cref="PasswdPath"/> before and after the user's number, and the image's groups.
    /// </summary>
    public const string UserFolder = "/.mcp-devbench-user";

    /// <summary>In memory: the agent writes what is a workspace's own there, as root, before anything else runs.</summary>
    public const string OwnFolder = $"{UserFolder}/own";

    /// <summary>Where <c>/etc/passwd</c> leads.</summary>
    public const string PasswdPath = $"{OwnFolder}/passwd";

    /// <summary>Where <c>/etc/group</c> leads: the agent adds the names of the groups by which it knows a command's processes.</summary>
    public const string GroupPath = $"{OwnFolder}/group";

    /// <summary>As whom the agent starts. It becomes <see cref="WorkspaceUser.AgentOf"/> before it does anything else.</summary>
    public const string StartUser = "0:0";

    public const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private const string NoNewPrivileges = "no-new-privileges:true";

    private const string HostEntry = HostName + ":127.0.0.1";
    private const string OwnFolderOptions = "rw,noexec,nosuid,nodev,size=4194304,mode=755,uid=0,gid=0";

    /// <summary>
    /// For process 1 alone, and gone from the bounding set before anything else runs. To start processes as another user (SETUID, SETGID),
    /// to end them (KILL), to keep these out of their reach (SETPCAP), and to come before them (SYS_NICE).
    /// </summary>
    private static readonly string[] _agentCapabilities = ["KILL", "SETGID", "SETPCAP", "SETUID", "SYS_NICE"];

    public required string Name { get; init; }

    /// <summary>Inside and outside: the user of all that the workspace runs.</summary>
    public required int Uid { get; init; }

    public required string ImageId { get; init; }
    public required IReadOnlyDictionary<string, string> Labels { get; init; }
    public required string AgentVolume { get; init; }
    public required string WorkspaceVolume { get; init; }
    public required string HomeVolume { get; init; }
    public required long MemoryBytes { get; init; }
    public required double Cpus { get; init; }
    public required long Pids { get; init; }

    /// <summary>The processors that it may use, in Docker's notation; null for all.</summary>
    public string? Processors { get; init; }

    /// <summary><c>none</c> or <c>bridge</c>.</summary>
    public required string Network { get; init; }

    /// <summary>Docker's name of another runtime (gVisor, Kata), or null for its default.</summary>
    public string? Runtime { get; init; }

    /// <summary>The system calls allowed inside, as JSON in Docker's format.</summary>
    public required string SeccompProfile { get; init; }

    /// <summary>Names of the image's environment, all unset for the agent: an image must not configure it.</summary>
    public IReadOnlyCollection<string> ImageVariables { get; init; } = [];

    /// <summary>Paths that the image declares as volumes: each gets a tmpfs, so that no anonymous volume comes up.</summary>
    public IReadOnlyCollection<string> ImageVolumes { get; init; } = [];

    private string SeccompOption => $"seccomp={SeccompProfile}";

    private long NanoCpus => NanoCpusOf(Cpus);

    private long SharedMemoryBytes => MemoryFolders.SharedMemoryBytes(MemoryBytes);

    private string[] HostEntries => Network == "none" ? [HostEntry] : [];

    public static long NanoCpusOf(double cpus) => (long)Math.Round(cpus * 1e9);

    public CreateContainerParameters ToParameters() => new()
    {
        Name = Name,
        Image = ImageId,
        User = StartUser,
        WorkingDir = "/",
        Hostname = HostName,
        // The agent is the container's process 1 itself, without docker-init: it reaps, no signal from inside can kill it, and no process
        // can open its streams.
        Entrypoint = [AgentPath],
        Cmd = WorkspaceUser.Command(Uid),
        // Only for an operator's docker exec.
        Env = [$"PATH={DefaultPath}", .. ImageVariables.Where(name => name != "PATH")],
        Labels = new Dictionary<string, string>(Labels),
        Healthcheck = new HealthcheckConfig { Test = ["NONE"] },
        StopSignal = "SIGTERM",
        Tty = false,
        OpenStdin = true,
        StdinOnce = false,
        AttachStdin = true,
        AttachStdout = true,
        AttachStderr = false,
        HostConfig = new HostConfig
        {
            Init = false,
            Privileged = false,
            CapDrop = ["ALL"],
            CapAdd = _agentCapabilities,
            SecurityOpt = [NoNewPrivileges, SeccompOption],
            ReadonlyRootfs = true,
            Tmpfs = TemporaryFolders(),
            ShmSize = SharedMemoryBytes,
            Mounts =
            [
                MountOf(AgentVolume, AgentFolder, isReadOnly: true),
                MountOf(WorkspaceVolume, WorkspacePath, isReadOnly: false),
                MountOf(HomeVolume, HomePath, isReadOnly: false),
            ],
            Memory = MemoryBytes,
            MemorySwap = MemoryBytes,
            NanoCPUs = NanoCpus,
            CpusetCpus = Processors ?? "",
            PidsLimit = Pids,
            OomScoreAdj = 500,
            IpcMode = "private",
            CgroupnsMode = "private",
            NetworkMode = Network,
            // Docker names the host itself only where it has an address.
            ExtraHosts = HostEntries,
            LogConfig = new LogConfig { Type = "none" },
            RestartPolicy = new RestartPolicy { Name = RestartPolicyKind.No },
            Ulimits =
            [
                new Ulimit { Name = "core", Soft = 0, Hard = 0 },
                new Ulimit { Name = "nofile", Soft = 4096, Hard = 4096 },
            ],
            Runtime = Runtime,
        },
    };

    /// <summary>One phrase for each flag that the container does not have as asked. Empty: it may be started.</summary>
    public IReadOnlyList<string> Differences(ContainerInspectResponse actual)
    {
        var differences = new List<string>();
        var host = actual.HostConfig ?? new HostConfig();
        var config = actual.Config ?? new ContainerConfig();
        Expect("user", StartUser, config.User);
        Expect("entrypoint", AgentPath, string.Join(' ', config.Entrypoint ?? []));
        Expect("command", string.Join(' ', WorkspaceUser.Command(Uid)), string.Join(' ', config.Cmd ?? []));
        Expect("healthcheck", "NONE", string.Join(' ', config.Healthcheck?.Test ?? []));
        Expect("privileged", false, host.Privileged);
        Expect("capabilities dropped", "ALL", string.Join(',', host.CapDrop ?? []));
        // Newer engines name them in full.
        Expect("capabilities added", string.Join(',', _agentCapabilities), string.Join(',',
            (host.CapAdd ?? []).Select(name => name.StartsWith("CAP_", StringComparison.Ordinal) ? name["CAP_".Length..] : name)
            .Order(StringComparer.Ordinal)));
        Expect("security options", 2, host.SecurityOpt?.Count ?? 0);
        Expect("no new privileges", true, host.SecurityOpt?.Contains(NoNewPrivileges) ?? false);
        Expect("seccomp profile as asked", true, host.SecurityOpt?.Contains(SeccompOption) ?? false);
        Expect("read-only root", true, host.ReadonlyRootfs);
        Expect("memory", MemoryBytes, host.Memory);
        Expect("memory with swap", MemoryBytes, host.MemorySwap);
        Expect("cpus", NanoCpus, host.NanoCPUs);
        Expect("processors", Processors ?? "", host.CpusetCpus ?? "");
        Expect("processes", Pids, host.PidsLimit ?? 0);
        Expect("out-of-memory killer disabled", false, host.OomKillDisable ?? false);
        Expect("network", Network, host.NetworkMode);
        Expect("pid namespace", "", host.PidMode ?? "");
        Expect("ipc namespace", "private", host.IpcMode);
        Expect("uts namespace", "", host.UTSMode ?? "");
        Expect("user namespace", "", host.UsernsMode ?? "");
        Expect("devices", 0, (host.Devices?.Count ?? 0) + (host.DeviceRequests?.Count ?? 0) + (host.DeviceCgroupRules?.Count ?? 0));
        Expect("binds", 0, (host.Binds?.Count ?? 0) + (host.VolumesFrom?.Count ?? 0) + (host.Links?.Count ?? 0));
        Expect("ports", 0, host.PortBindings?.Count ?? 0);
        Expect("publish all ports", false, host.PublishAllPorts);
        Expect("log driver", "none", host.LogConfig?.Type);
        Expect("masked paths", true, host.MaskedPaths is { Count: > 0 });
        Expect("read-only paths", true, host.ReadonlyPaths is { Count: > 0 });
        Expect("extra hosts", string.Join(',', HostEntries), string.Join(',', host.ExtraHosts ?? []));
        Expect("shared memory", SharedMemoryBytes, host.ShmSize);
        Expect("mounts", $"{AgentVolume}:{AgentFolder}:ro,{HomeVolume}:{HomePath}:rw,{WorkspaceVolume}:{WorkspacePath}:rw", string.Join(',',
            (actual.Mounts ?? []).Where(mount => mount.Type != "tmpfs").OrderBy(mount => mount.Destination, StringComparer.Ordinal)
            .Select(mount => $"{mount.Name}:{mount.Destination}:{(mount.RW ? "rw" : "ro")}")));
        // Without their values: labels are the caller's, and differences are logged.
        foreach (var (key, value) in Labels)
            Expect($"label {key} as asked", true, config.Labels is { } labels && labels.TryGetValue(key, out var label) && label == value);
        return differences;

        void Expect<T>(string what, T asked, T? got)
        {
            if (!EqualityComparer<T>.Default.Equals(asked, got))
                differences.Add($"{what}: asked for '{asked}', got '{got}'");
        }
    }

    private static Mount MountOf(string volume, string path, bool isReadOnly) => new()
    {
        Type = "volume", Source = volume, Target = path, ReadOnly = isReadOnly, VolumeOptions = new VolumeOptions { NoCopy = true },
    };

    private Dictionary<string, string> TemporaryFolders()
    {
        var declared = ImageVolumes.Where(IsForeign).Select(path => path.TrimEnd('/')).Distinct().ToList();
        var mounts = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["/tmp"] = Options(MemoryFolders.Tmp(MemoryBytes)), ["/run"] = Options(MemoryFolders.Run(MemoryBytes)),
            [OwnFolder] = OwnFolderOptions,
        };
        foreach (var path in declared)
            mounts.TryAdd(path, Options(MemoryFolders.Declared(MemoryBytes) / declared.Count));
        return mounts;

        // Executable, as the workspace is: Go, JNA and native add-ons run what they write there. The owner is stated as well as the mode:
        // where the image has the folder, its mode wins over ours.
        string Options(long bytes) => $"rw,exec,nosuid,nodev,size={bytes},mode=1777,uid={Uid},gid={WorkspaceUser.Group}";

        // A path that we mount already, or one below such a path, is ours anyway.
        static bool IsForeign(string path) =>
            path != "/" && !new[] { AgentFolder, WorkspacePath, HomePath }.Any(ours => path == ours
                || path.StartsWith(ours + "/", StringComparison.Ordinal));
    }
}
