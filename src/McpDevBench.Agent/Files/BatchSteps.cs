using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Runtime;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>Does the steps of one batch, and journals every change as soon as it is made.</summary>
internal sealed class BatchSteps(RootDirectory workspace, BatchJournal journal, Fd content, Channel channel)
{
    private const int MaxReadBytes = 512 << 10;
    private const int MaxEditedSize = 4 << 20;
    private const int MaxReadAttempts = 20;
    private const uint DefaultDirectoryMode = 0x1ed; // 0755

    private readonly BatchMoves _moves = new(journal, channel);
    private long _contentAt;
    private int _readBytes;

    public BatchStepResult Do(BatchStep step)
    {
        channel.ThrowIfCancelled();
        return step.Verb switch
        {
            BatchVerb.Read => Read(step),
            BatchVerb.Write => Write(step),
            BatchVerb.Edit => Edit(step),
            BatchVerb.Delete => Delete(step),
            BatchVerb.Move => Move(step),
            BatchVerb.Copy => Copy(step),
            BatchVerb.MakeDirectory => MakeDirectory(step),
            _ => throw new OperationException(AgentStatus.Invalid, $"verb {(byte)step.Verb} is unknown"),
        };
    }

    private BatchStepResult Read(BatchStep step)
    {
        using var fd = RegularFile.OpenRegular(workspace, step.Path, out var entry);
        Conditions.Check(step.Path, entry, step.IfMatch, step.IfNoneMatch);
        return new BatchStepResult(entry.ToFileStat(step.Path, fd), ReadBeginning(fd, entry, step.Path), 0);
    }

    /// <summary>As much as the batch may still read; the entry has the size of the whole file.</summary>
    private byte[] ReadBeginning(Fd fd, Entry entry, byte[] path)
    {
        var bytes = new byte[Math.Min(entry.Size, MaxReadBytes - _readBytes)];
        var count = Fd.ReadFully(fd, bytes, 0, path);
        _readBytes += count;
        return count == bytes.Length ? bytes : bytes[..count];
    }

    private BatchStepResult Write(BatchStep step)
    {
        MakeParents(step, step.Path);
        var place = journal.Hold(step.IfNoneMatch ? workspace.Locate(step.Path) : FileWriter.FollowFinalLink(workspace, step.Path));
        var before = place.Find();
        Conditions.Check(step.Path, before, step.IfMatch, step.IfNoneMatch);
        using var temp = TempFile.Create(place.Directory, step.Path);
        FileReplacement.Copy(content, temp.Fd, _contentAt, (long)step.ContentLength, step.Path);
        _contentAt += (long)step.ContentLength;
        Put(temp, place, before, ModeOf(step), step.Path);
        return Result(place, step.Path);
    }

    private BatchStepResult Edit(BatchStep step)
    {
        var place = journal.Hold(FileWriter.FollowFinalLink(workspace, step.Path));
        var before = ReadText(place, step, out var text);
        var outcome = TextEdits.Apply(text, step.Edits, MaxEditedSize);
        if (outcome.Error == EditError.TooLarge)
            throw TooLargeToEdit(step.Path);
        if (outcome.FailedEdit >= 0)
            throw new OperationException(AgentStatus.Invalid, EditFailure.Describe(Text.Show(step.Path), step.Edits, outcome));
        using var temp = TempFile.Create(place.Directory, step.Path);
        Fd.WriteFully(temp.Fd, outcome.Content, step.Path);
        Put(temp, place, before, WriteRequest.KeepMode, step.Path);
        return Result(place, step.Path) with { Replacements = outcome.Replacements };
    }

    /// <summary>The whole file; again from the start if a process writes to it meanwhile.</summary>
    private static Entry ReadText(Place place, BatchStep step, out byte[] text)
    {
        for (var attempt = 1; ; attempt++)
        {
            var opened = place.Open(Abi.O_RDONLY | Abi.O_NONBLOCK | Abi.O_NOCTTY);
            using var fd = RegularFile.Regular(opened, step.Path, out var before);
            Conditions.Check(step.Path, before, step.IfMatch, step.IfNoneMatch);
            if (before.Size > MaxEditedSize)
                throw TooLargeToEdit(step.Path);
            Heap.RequireRoom();
            text = new byte[before.Size];
            if (Fd.ReadFully(fd, text, 0, step.Path) == text.Length && Entry.Of(fd, step.Path).Etag == before.Etag)
                return before;
            if (attempt == MaxReadAttempts)
                throw new OperationException(AgentStatus.Conflict, $"{Text.Show(step.Path)}: is being written to");
        }
    }

    private BatchStepResult Delete(BatchStep step)
    {
        var place = journal.Hold(workspace.Locate(step.Path));
        var entry = Existing(place, step.Path);
        Conditions.Check(step.Path, entry, step.IfMatch, step.IfNoneMatch);
        if (entry.Kind == FileKind.Directory && !step.Recursive && !IsEmpty(place, step.Path))
            throw Errno.ToException(Errno.ENOTEMPTY, Text.Show(step.Path));
        _moves.SetAside(place, entry, step.Path);
        return new BatchStepResult(null, [], 0);
    }

    private BatchStepResult Move(BatchStep step)
    {
        var from = journal.Hold(workspace.Locate(step.Path));
        var entry = Existing(from, step.Path);
        Conditions.Check(step.Path, entry, step.IfMatch, step.IfNoneMatch);
        var to = Destination(step, entry);
        _moves.Put(from, entry, to, step.Target);
        return Result(to, step.Target);
    }

    private BatchStepResult Copy(BatchStep step)
    {
        using var from = workspace.Locate(step.Path);
        var entry = Existing(from, step.Path);
        Conditions.Check(step.Path, entry, step.IfMatch, step.IfNoneMatch);
        var to = Destination(step, entry);
        var hidden = to.Sibling(TempFile.NewName());
        var copy = new TreeCopy(channel, _moves.Aside);
        journal.CopyTo(hidden, () => copy.Copy(from, entry, hidden, step.Path), entry.Kind == FileKind.Directory);
        _moves.Put(hidden, entry, to, step.Target, copy.Modes);
        journal.SetModes(to, copy.Modes);
        return Result(to, step.Target) with { Entries = copy.Entries, Bytes = copy.Bytes };
    }

    private BatchStepResult MakeDirectory(BatchStep step)
    {
        MakeParents(step, step.Path);
        var place = journal.Hold(workspace.Locate(step.Path));
        var found = place.Find();
        Conditions.Check(step.Path, found, step.IfMatch, step.IfNoneMatch);
        if (found is { Kind: FileKind.Directory } && step.CreateParents)
            return Result(place, step.Path);
        if (found is not null)
            throw Exists(step.Path);
        var modes = new DirectoryModes();
        if (modes.Make(place, default, step.Mode == 0 ? DefaultDirectoryMode : step.Mode & Entry.PermissionBits) != 0)
            throw Errno.ToException(step.Path);
        journal.MadeDirectory(place);
        journal.SetModes(place, modes);
        return Result(place, step.Path);
    }

    /// <summary>Where a move or copy goes: a free name, a file that may be replaced, or a directory that may be joined; and not into
    /// itself.</summary>
    private Place Destination(BatchStep step, Entry source)
    {
        var path = step.Path.AsSpan().TrimEnd((byte)'/');
        var target = step.Target.AsSpan().TrimEnd((byte)'/');
        if (target.SequenceEqual(path) || target.StartsWith(DirectoryLister.Prefix(step.Path))
            || (!target.IsEmpty && path.StartsWith(DirectoryLister.Prefix(step.Target))))
            throw new OperationException(AgentStatus.Invalid,
                $"{Text.Show(step.Path)}: not into or onto itself, nor over a directory that it is in");
        MakeParents(step, step.Target);
        var to = journal.Hold(workspace.Locate(step.Target));
        var found = to.Find();
        // First what no overwriting would help against.
        FileReplacement.RequireSameKind(source.Kind, found, step.Target);
        if (found is not null && !step.Overwrite)
            throw Exists(step.Target);
        return to;
    }

    private void Put(TempFile temp, Place place, Entry? before, uint mode, byte[] path)
    {
        FileReplacement.RequireFile(before, path);
        if (InPlaceOverwrite.TryBegin(place, before, temp.Fd, path) is { } inPlace)
        {
            journal.WillOverwrite(inPlace);
            inPlace.Save(place);
            inPlace.Write(temp.Fd, mode);
            return;
        }
        FileReplacement.Finish(temp.Fd, FileReplacement.ModeFor(mode, before), path);
        if (before is null)
        {
            if (temp.LinkAs(place.Name) != 0)
                throw Errno.Last == Errno.EEXIST ? Exists(path) : Errno.ToException(path);
            journal.Created(place);
            return;
        }
        var hidden = _moves.Aside.Beside(place);
        if (temp.LinkAs(hidden.Name) != 0)
            throw Errno.ToException(path);
        if (hidden.RenameTo(place.Directory, place.Name, Abi.RENAME_EXCHANGE) == 0)
        {
            journal.Exchanged(place, hidden);
            return;
        }
        var failure = Errno.ToException(path);
        hidden.Unlink();
        throw failure;
    }

    private void MakeParents(BatchStep step, byte[] path)
    {
        if (!step.CreateParents)
            return;
        var made = new CreatedDirectories(workspace);
        journal.Made(made);
        made.MakeParents(path);
    }

    /// <summary>But for what this batch has set aside, which goes at its end.</summary>
    private bool IsEmpty(Place place, byte[] path)
    {
        using var names = new DirectoryNames();
        using var fd = place.Open(Abi.O_RDONLY | Abi.O_DIRECTORY);
        names.Read(fd, inside: false, path);
        for (var i = 0; i < names.Count; i++)
        {
            if (!_moves.Aside.AreIn(names.Name(i)))
                return false;
        }
        return true;
    }

    /// <summary>A step that names no mode leaves it zero: no file is meant to be unusable.</summary>
    private static uint ModeOf(BatchStep step) => step.Mode == 0 ? WriteRequest.KeepMode : step.Mode;

    private static Entry Existing(Place place, byte[] path) => place.Find() ?? throw Errno.ToException(Errno.ENOENT, Text.Show(path));

    private static BatchStepResult Result(Place place, byte[] path)
        => new(Existing(place, path).ToFileStat(path, place.Directory, place.Name), [], 0);

    private static OperationException Exists(byte[] path) => new(AgentStatus.Conflict, $"{Text.Show(path)}: exists already");

    private static OperationException TooLargeToEdit(byte[] path)
        => new(AgentStatus.TooLarge, $"{Text.Show(path)}: files up to {MaxEditedSize >> 20} MiB can be edited");
}
