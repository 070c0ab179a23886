using System.Formats.Tar;
using System.Globalization;
using System.Net;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace McpDevBench.Engine;

internal sealed record EngineVolume(string Name, DateTimeOffset CreatedAt, IReadOnlyDictionary<string, string> Labels);

/// <summary>A volume to create for a user.</summary>
internal sealed record OwnedVolume(string Name, int Uid, IReadOnlyDictionary<string, string> Labels);

/// <summary>What a never-started container needs, for which the engine has to have some image.</summary>
/// <param name="LabelsOf">Its labels, by its name.</param>
internal sealed record HelperNeeds(string ImageId, Func<string, Dictionary<string, string>> LabelsOf);

/// <summary>Named volumes.</summary>
internal sealed class EngineVolumes(DockerEngine engine, HelperContainers helpers, TimeProvider time)
{
    private const string NoQuota = "no quota support";

    private const UnixFileMode FolderMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode ProgramMode = UnixFileMode.UserRead | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Whether the engine holds volumes to their size; null until a volume with a size was asked for.</summary>
    public bool? HasQuota { get; private set; }

    /// <summary>Creates a volume, or finds it.</summary>
    /// <param name="maxBytes">Its quota, where the file system below the engine has project quotas; 0 for none.</param>
    public async Task CreateAsync(
        string name, IReadOnlyDictionary<string, string> labels, long maxBytes, CancellationToken cancellationToken)
    {
        if (maxBytes > 0 && HasQuota != false)
        {
            try
            {
                await CreateAsync(
                    name, labels, new Dictionary<string, string> { ["size"] = maxBytes.ToString(CultureInfo.InvariantCulture) },
                    cancellationToken);
                HasQuota = true;
                return;
            }
            catch (DockerApiException e) when (DockerEngine.Text(e).Contains(NoQuota, StringComparison.OrdinalIgnoreCase))
            {
                HasQuota = false;
            }
        }
        await CreateAsync(name, labels, new Dictionary<string, string>(), cancellationToken);
    }

    /// <summary>Creates volumes, or finds them, and hands each to its user: Docker makes them root's.</summary>
    /// <param name="maxBytes">As in <see cref="CreateAsync(string, IReadOnlyDictionary{string, string}, long,
    /// CancellationToken)"/>.</param>
    public async Task CreateOwnedAsync(
        IReadOnlyList<OwnedVolume> owned, long maxBytes, HelperNeeds needs, CancellationToken cancellationToken)
    {
        foreach (var volume in owned)
            await CreateAsync(volume.Name, volume.Labels, maxBytes, cancellationToken);
        await using var helper = await helpers.CreateAsync(
            needs.ImageId, [.. owned.Select(volume => volume.Name)], needs.LabelsOf, cancellationToken);
        var now = time.GetUtcNow();
        var folders = helper.Folders.Zip(owned, (folder, volume) => new UstarTarEntry(TarEntryType.Directory, $".{folder}")
        {
            Uid = volume.Uid,
            Gid = WorkspaceUser.Group,
            ModificationTime = now,
            Mode = FolderMode,
        });
        await helper.PutAsync("/", folders, cancellationToken);
    }

    /// <summary>
    /// Puts a program into a volume, unless it is there byte by byte: its name and size alone do not show that it is ours.
    /// </summary>
    /// <returns>False: it was there.</returns>
    public async Task<bool> PutProgramAsync(
        string volume, string file, byte[] content, HelperNeeds needs, CancellationToken cancellationToken)
    {
        await using var helper = await helpers.CreateAsync(needs.ImageId, [volume], needs.LabelsOf, cancellationToken);
        var folder = helper.Folders[0];
        if (await new EngineFiles(engine, helper.Id).ReadAsync($"{folder}/{file}", content.Length, cancellationToken) is { } present
            && present.AsSpan().SequenceEqual(content))
            return false;
        var entry = new UstarTarEntry(TarEntryType.RegularFile, $"./{file}")
        {
            DataStream = new MemoryStream(content, writable: false),
            Mode = ProgramMode,
        };
        await helper.PutAsync(folder, [entry], cancellationToken);
        return true;
    }

    private Task<VolumeResponse> CreateAsync(
        string name, IReadOnlyDictionary<string, string> labels, Dictionary<string, string> options, CancellationToken cancellationToken) =>
        engine.CallAsync("volume_create", (client, token) => client.Volumes.CreateAsync(
            new VolumesCreateParameters { Name = name, Labels = new Dictionary<string, string>(labels), DriverOpts = options },
            token), cancellationToken);

    /// <summary>Creates a volume, or finds the one of that name, with the labels that it was created with.</summary>
    public async Task<EngineVolume> CreateOrFindAsync(
        string name, IReadOnlyDictionary<string, string> labels, CancellationToken cancellationToken) =>
        Read(await CreateAsync(name, labels, new Dictionary<string, string>(), cancellationToken));

    /// <returns>False: in use. One that is gone is fine.</returns>
    public async Task<bool> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await engine.CallAsync("volume_remove", (client, token) => client.Volumes.RemoveAsync(name, false, token), cancellationToken);
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return true;
        }
        catch (DockerApiException e) when (e.StatusCode == HttpStatusCode.Conflict)
        {
            return false;
        }
    }

    public async Task<IReadOnlyList<EngineVolume>> ListAsync(string label, CancellationToken cancellationToken)
    {
        var found = await engine.CallAsync("volume_list", (client, token) => client.Volumes.ListAsync(new VolumesListParameters
        {
            Filters = new Dictionary<string, IDictionary<string, bool>> { ["label"] = new Dictionary<string, bool> { [label] = true } },
        }, token), cancellationToken);
        return [.. (found.Volumes ?? []).Select(Read)];
    }

    private static EngineVolume Read(VolumeResponse volume) => new(
        volume.Name,
        DateTimeOffset.TryParse(volume.CreatedAt, CultureInfo.InvariantCulture, out var createdAt) ? createdAt : DateTimeOffset.MaxValue,
        new Dictionary<string, string>(volume.Labels ?? new Dictionary<string, string>()));
}
