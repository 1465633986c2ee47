// The five most common calls from stubs that protoc-gen-es made. Prints what came as one line of JSON.
// Usage: node calls.js HOST:PORT
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "./google/rpc/error_details_pb.js";
import { AgendaService } from "./summitry/v1/agenda_service_pb.js";
import { CalendarService } from "./summitry/v1/calendar_service_pb.js";
import { ChangeService } from "./summitry/v1/change_service_pb.js";
import { MeetingKind } from "./summitry/v1/meeting_pb.js";
import { MeetingService } from "./summitry/v1/meeting_service_pb.js";
import { RecordView } from "./summitry/v1/record_view_pb.js";
import { SummitService } from "./summitry/v1/summit_service_pb.js";

const CALENDAR = "calendars/astana-2024";
const transport = createGrpcTransport({ baseUrl: `http://${process.argv[2]}` });

async function refusal(name: string): Promise<string> {
  try {
    await createClient(SummitService, transport).getSummit({ name });
  } catch (error) {
    const refused = ConnectError.from(error);
    if (refused.code === Code.NotFound) return refused.findDetails(ErrorInfoSchema)[0]?.reason ?? "";
  }
  return "";
}

async function records(): Promise<number> {
  let count = 0;
  const request = { view: { parent: CALENDAR }, start: { case: "initial", value: {} } } as const;
  for await (const message of createClient(ChangeService, transport).watchChanges(request)) {
    if (message.event.case === "changes") count += message.event.value.changes.length;
    if (message.event.case === "caughtUp") break;
  }
  return count;
}

const { calendars } = await createClient(CalendarService, transport).listCalendars({});
const { summit } = await createClient(SummitService, transport).getSummit({ name: `${CALENDAR}/summits/sco-24` });
const dates = { firstDate: "2024-07-03", timeZone: "Asia/Almaty" };
const agenda = await createClient(AgendaService, transport).queryAgenda({
  parent: CALENDAR,
  window: { span: { case: "dates", value: dates } },
  timeZone: "Europe/Paris",
  orderBy: "time desc",
  includeTotalSize: true,
  view: RecordView.BASIC,
});
const start = { civilTime: "2024-07-04T09:30", timeZone: "Asia/Almaty" };
const { meeting } = await createClient(MeetingService, transport).createMeeting({
  parent: CALENDAR,
  meetingId: "talks-of-a-client",
  meeting: {
    titles: [{ text: "Talks", languageCode: "en" }],
    time: { when: { case: "timed", value: { start } } },
    kind: MeetingKind.BILATERAL,
  },
});
console.log(
  JSON.stringify({
    calendars: calendars.map((calendar) => calendar.name),
    summit: summit?.time?.resolved?.startText,
    refusal: await refusal(`${CALENDAR}/summits/none`),
    agenda: agenda.items.map((item) => item.viewerStart),
    total: agenda.totalSize ?? null,
    meeting: meeting?.time?.resolved?.startText,
    records: await records(),
  }),
);
process.exit(0);
