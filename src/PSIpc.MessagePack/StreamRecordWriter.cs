using System.Management.Automation;
using global::MessagePack;

namespace PSIpc.MessagePack;

/// <summary>Writes what PowerShell's streams carry besides output: errors, messages, information, progress; and references to live objects.</summary>
internal static class StreamRecordWriter
{
    /// <summary>The byte of a message's marker.</summary>
    internal const byte Warning = 0;
    internal const byte Verbose = 1;
    internal const byte Debug = 2;

    /// <summary>Writes a record if it is one.</summary>
    public static bool TryWrite(ObjectWriter objects, ref MessagePackWriter writer, object value)
    {
        switch (value)
        {
            case IpcMessage message:
                WriteQueueMessage(objects, ref writer, message);
                return true;
            case ErrorRecord error:
                WriteError(objects, ref writer, error);
                return true;
            case WarningRecord warning:
                WriteMessage(ref writer, Warning, warning.Message);
                return true;
            case VerboseRecord verbose:
                WriteMessage(ref writer, Verbose, verbose.Message);
                return true;
            case DebugRecord debug:
                WriteMessage(ref writer, Debug, debug.Message);
                return true;
            case InformationRecord information:
                WriteInformation(objects, ref writer, information);
                return true;
            case HostInformationMessage message:
                WriteHostMessage(ref writer, message);
                return true;
            case ProgressRecord progress:
                WriteProgress(ref writer, progress);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes a reference: kind, name, folder, part.</summary>
    public static void WriteReference(ref MessagePackWriter writer, IpcReference reference)
    {
        writer.WriteArrayHeader(5);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.Reference);
        writer.Write((int)reference.Kind);
        writer.Write(reference.Name);
        writer.Write(reference.Directory);
        writer.Write(reference.Part);
    }

    private static void WriteQueueMessage(ObjectWriter objects, ref MessagePackWriter writer, IpcMessage message)
    {
        MessageFacts facts = message.Facts;
        objects.Enter(message);
        writer.WriteArrayHeader(10);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.QueueMessage);
        objects.Write(ref writer, message.Body);
        writer.Write(facts.SenderId);
        writer.Write(facts.Sequence);
        objects.Write(ref writer, facts.SentAt);
        writer.Write(facts.Serializer);
        writer.Write(facts.Size);
        writer.Write(facts.DeliveryCount);
        writer.Write(facts.Channel);
        if (message.Receipt is { } receipt)
        {
            receipt.PassOn();
            writer.WriteArrayHeader(7);
            writer.Write(receipt.Reference.Name);
            writer.Write(receipt.Reference.Directory);
            writer.Write(receipt.Reference.Part);
            objects.Write(ref writer, receipt.Receiver);
            objects.Write(ref writer, receipt.Source);
            writer.Write(receipt.Position);
            writer.Write(receipt.Delivery);
        }
        else
        {
            writer.WriteNil();
        }

        objects.Leave();
    }

    private static void WriteError(ObjectWriter objects, ref MessagePackWriter writer, ErrorRecord error)
    {
        objects.Enter(error);
        writer.WriteArrayHeader(17);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.Error);
        writer.Write(error.Exception is { } exception ? PropertyReader.MessageOf(exception) : null);
        writer.Write(error.Exception?.GetType().FullName);
        writer.Write(error.FullyQualifiedErrorId);
        writer.Write((int)error.CategoryInfo.Category);
        writer.Write(error.CategoryInfo.Activity);
        writer.Write(error.CategoryInfo.Reason);
        writer.Write(error.CategoryInfo.TargetName);
        writer.Write(error.CategoryInfo.TargetType);
        objects.WriteOrText(ref writer, error.TargetObject);
        writer.Write(error.ErrorDetails?.Message);
        writer.Write(error.ErrorDetails?.RecommendedAction);
        writer.Write(OwnScript.WithoutFrames(error.ScriptStackTrace));
        WriteException(ref writer, error.Exception);
        WriteOrigin(ref writer, ErrorOrigin.Of(error));
        objects.Leave();
    }

    /// <summary>Writes what identifies an exception beside its type and message: its base classes, its inner exceptions, whether a <c>throw</c> statement threw it.</summary>
    private static void WriteException(ref MessagePackWriter writer, Exception? exception)
    {
        writer.Write(exception is null ? null : RemoteExceptions.TypesOf(exception));
        int count = 0;
        for (Exception? inner = exception?.InnerException; inner is not null && count < RemoteExceptions.MaxInner; inner = inner.InnerException)
        {
            count++;
        }

        writer.WriteArrayHeader(2 * count);
        Exception? next = exception?.InnerException;
        for (int i = 0; i < count; i++, next = next!.InnerException)
        {
            writer.Write(RemoteExceptions.TypesOf(next!));
            writer.Write(PropertyReader.MessageOf(next!));
        }

        writer.Write(exception is RuntimeException { WasThrownFromThrowStatement: true });
    }

    private static void WriteOrigin(ref MessagePackWriter writer, ErrorOrigin? origin)
    {
        if (origin is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(10);
        writer.Write(origin.Command);
        writer.Write((int)origin.CommandType);
        writer.Write(origin.InvocationName);
        writer.Write(origin.File);
        WritePlace(ref writer, origin.Start);
        WritePlace(ref writer, origin.End);
    }

    private static void WritePlace(ref MessagePackWriter writer, ErrorOrigin.Place place)
    {
        writer.Write(place.Line);
        writer.Write(place.Column);
        writer.Write(place.Text);
    }

    private static void WriteMessage(ref MessagePackWriter writer, byte kind, string message)
    {
        writer.WriteArrayHeader(2);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.Message, kind);
        writer.Write(message);
    }

    private static void WriteInformation(ObjectWriter objects, ref MessagePackWriter writer, InformationRecord record)
    {
        objects.Enter(record);
        writer.WriteArrayHeader(9);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.Information);
        objects.WriteOrText(ref writer, record.MessageData);
        writer.Write(record.Source);
        objects.Write(ref writer, record.TimeGenerated);
        objects.Write(ref writer, record.Tags.ToArray());
        writer.Write(record.User);
        writer.Write(record.Computer);
        writer.Write(record.ProcessId);
        writer.Write(record.ManagedThreadId);
        objects.Leave();
    }

    private static void WriteHostMessage(ref MessagePackWriter writer, HostInformationMessage message)
    {
        writer.WriteArrayHeader(5);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.HostMessage);
        writer.Write(message.Message);
        writer.Write(message.NoNewLine ?? false);
        writer.Write((int)(message.ForegroundColor ?? (ConsoleColor)(-1)));
        writer.Write((int)(message.BackgroundColor ?? (ConsoleColor)(-1)));
    }

    private static void WriteProgress(ref MessagePackWriter writer, ProgressRecord record)
    {
        writer.WriteArrayHeader(9);
        ScalarWriter.WriteMarker(ref writer, ExtensionCode.Progress);
        writer.Write(record.ActivityId);
        writer.Write(record.Activity);
        writer.Write(record.StatusDescription);
        writer.Write(record.CurrentOperation);
        writer.Write(record.ParentActivityId);
        writer.Write(record.PercentComplete);
        writer.Write(record.SecondsRemaining);
        writer.Write((int)record.RecordType);
    }
}
