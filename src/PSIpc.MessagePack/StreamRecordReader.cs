using System.Management.Automation;
using global::MessagePack;
using PSIpc.Core;

namespace PSIpc.MessagePack;

/// <summary>Reads what <see cref="StreamRecordWriter"/> writes, as objects of the same classes.</summary>
internal static class StreamRecordReader
{
    // An error that an earlier version wrote ends with its script stack trace.
    private const int ShortErrorCount = 12;
    private const int ErrorCount = 16;
    private const int OriginCount = 10;

    /// <summary>Reads a record whose marker was read.</summary>
    public static object Read(ObjectReader objects, ref MessagePackReader reader, Marker marker, int count)
    {
        switch (marker.Code)
        {
            case ExtensionCode.QueueMessage:
                ObjectReader.Require(count == 9);
                return ReadQueueMessage(objects, ref reader);
            case ExtensionCode.Error:
                ObjectReader.Require(count is ShortErrorCount or ErrorCount);
                return ReadError(objects, ref reader, count == ErrorCount);
            case ExtensionCode.Message:
                ObjectReader.Require(count == 1 && marker.Length == 1);
                return ReadMessage(ref reader, marker.Number);
            case ExtensionCode.Information:
                ObjectReader.Require(count == 8);
                return ReadInformation(objects, ref reader);
            case ExtensionCode.HostMessage:
                ObjectReader.Require(count == 4);
                return ReadHostMessage(ref reader);
            case ExtensionCode.Progress:
                ObjectReader.Require(count == 8);
                return ReadProgress(ref reader);
            case ExtensionCode.Reference:
                ObjectReader.Require(count == 4);
                return new IpcReference((ObjectKind)reader.ReadInt32(), ObjectReader.ReadText(ref reader), ObjectReader.ReadText(ref reader), reader.ReadInt64()).OpenOrMissing();
            default:
                throw new FormatException(Messages.ReasonMarkerUnknown.With(marker.Code));
        }
    }

    private static IpcMessage ReadQueueMessage(ObjectReader objects, ref MessagePackReader reader)
    {
        object? body = objects.Read(ref reader);
        var facts = new MessageFacts(
            reader.ReadInt32(),
            reader.ReadInt64(),
            objects.Read(ref reader) as DateTime?,
            ObjectReader.ReadText(ref reader),
            reader.ReadInt32(),
            reader.ReadInt32(),
            ObjectReader.ReadText(ref reader));
        if (reader.TryReadNil())
        {
            return new IpcMessage(body, facts, null);
        }

        ObjectReader.Require(reader.ReadArrayHeader() == 7);
        var reference = new IpcReference(ObjectKind.Queue, ObjectReader.ReadText(ref reader), ObjectReader.ReadText(ref reader), reader.ReadInt64());
        return new IpcMessage(body, facts, new MessageReceipt(reference, ReadGuid(objects, ref reader), ReadGuid(objects, ref reader), reader.ReadUInt64(), reader.ReadInt32()));
    }

    private static Guid ReadGuid(ObjectReader objects, ref MessagePackReader reader) =>
        objects.Read(ref reader) is Guid id ? id : throw new FormatException(Messages.ReasonNotPSIpcStructure);

    private static object ReadError(ObjectReader objects, ref MessagePackReader reader, bool isFull)
    {
        string message = reader.ReadString() ?? "";
        string? exceptionType = reader.ReadString();
        string id = reader.ReadString() ?? "";
        var category = (ErrorCategory)reader.ReadInt32();
        ObjectReader.Require(Enum.IsDefined(category));
        string? activity = reader.ReadString();
        string? reason = reader.ReadString();
        string? targetName = reader.ReadString();
        string? targetType = reader.ReadString();
        object? target = objects.Read(ref reader);
        string? details = reader.ReadString();
        string? action = reader.ReadString();
        string? stack = reader.ReadString();
        string? bases = null;
        (string Types, string Message)[] inner = [];
        bool wasThrown = false;
        ErrorOrigin? origin = null;
        if (isFull)
        {
            bases = reader.ReadString();
            inner = ReadInner(objects, ref reader);
            wasThrown = reader.ReadBoolean();
            origin = ReadOrigin(objects, ref reader);
        }

        ErrorRecord error = new RemoteError
        {
            Message = message,
            ExceptionTypes = bases ?? exceptionType ?? "",
            Inner = inner,
            WasThrown = wasThrown,
            Id = id,
            Category = category,
            Activity = activity,
            Reason = reason,
            TargetName = targetName,
            TargetType = targetType,
            Target = target,
            Details = details,
            RecommendedAction = action,
            ScriptStackTrace = stack,
            Origin = origin,
        }.ToErrorRecord();
        if (EngineErrorMembers.HasStackTrace)
        {
            return error;
        }

        var withStack = PSObject.AsPSObject(error);
        withStack.Properties.Add(new PSNoteProperty("ScriptStackTrace", stack));
        return withStack;
    }

    /// <summary>Reads the inner exceptions: types and message of each.</summary>
    private static (string Types, string Message)[] ReadInner(ObjectReader objects, ref MessagePackReader reader)
    {
        int count = objects.ReadCount(ref reader);
        ObjectReader.Require(count % 2 == 0 && count <= 2 * RemoteExceptions.MaxInner);
        var inner = new (string Types, string Message)[count / 2];
        for (int i = 0; i < inner.Length; i++)
        {
            inner[i] = (ObjectReader.ReadText(ref reader), reader.ReadString() ?? "");
        }

        return inner;
    }

    private static ErrorOrigin? ReadOrigin(ObjectReader objects, ref MessagePackReader reader)
    {
        if (reader.TryReadNil())
        {
            return null;
        }

        ObjectReader.Require(objects.ReadCount(ref reader) == OriginCount);
        return new ErrorOrigin(reader.ReadString(), (CommandTypes)reader.ReadInt32(), reader.ReadString(), reader.ReadString(), ReadPlace(ref reader), ReadPlace(ref reader));
    }

    private static ErrorOrigin.Place ReadPlace(ref MessagePackReader reader) => new(reader.ReadInt32(), reader.ReadInt32(), reader.ReadString());

    private static InformationalRecord ReadMessage(ref MessagePackReader reader, int kind)
    {
        string message = reader.ReadString() ?? "";
        return kind switch
        {
            StreamRecordWriter.Warning => new WarningRecord(message),
            StreamRecordWriter.Verbose => new VerboseRecord(message),
            StreamRecordWriter.Debug => new DebugRecord(message),
            _ => throw new FormatException(Messages.ReasonMessageKindUnknown.With(kind)),
        };
    }

    private static InformationRecord ReadInformation(ObjectReader objects, ref MessagePackReader reader)
    {
        object? data = objects.Read(ref reader);
        var record = new InformationRecord(data, reader.ReadString())
        {
            TimeGenerated = objects.Read(ref reader) is DateTime time ? time : throw new FormatException(Messages.ReasonRecordWithoutTime),
        };
        record.Tags.AddRange(objects.Read(ref reader) as string[] ?? throw new FormatException(Messages.ReasonRecordWithoutTags));
        record.User = reader.ReadString();
        record.Computer = reader.ReadString();
        record.ProcessId = reader.ReadUInt32();
        record.ManagedThreadId = reader.ReadUInt32();
        return record;
    }

    private static HostInformationMessage ReadHostMessage(ref MessagePackReader reader)
    {
        var message = new HostInformationMessage { Message = reader.ReadString(), NoNewLine = reader.ReadBoolean() };
        int foreground = reader.ReadInt32();
        int background = reader.ReadInt32();
        message.ForegroundColor = foreground is >= 0 and <= 15 ? (ConsoleColor)foreground : null;
        message.BackgroundColor = background is >= 0 and <= 15 ? (ConsoleColor)background : null;
        return message;
    }

    private static ProgressRecord ReadProgress(ref MessagePackReader reader) =>
        new(reader.ReadInt32(), TextOrBlank(ref reader), TextOrBlank(ref reader))
        {
            CurrentOperation = reader.ReadString(),
            ParentActivityId = reader.ReadInt32(),
            PercentComplete = reader.ReadInt32(),
            SecondsRemaining = reader.ReadInt32(),
            RecordType = (ProgressRecordType)reader.ReadInt32(),
        };

    /// <summary>A record of completion can have neither activity nor status, but none can be made without.</summary>
    private static string TextOrBlank(ref MessagePackReader reader) => reader.ReadString() is { Length: > 0 } text ? text : " ";
}
