// The five most common calls from stubs that protoc-gen-go made. Prints what came as one line of JSON.
// Usage: calls HOST:PORT
package main

import (
	"context"
	"encoding/json"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/genproto/googleapis/type/localized_text"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	pb "summitry/v1"
)

const calendar = "calendars/astana-2024"

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func window() *pb.TimeWindow {
	dates := &pb.DateWindow{FirstDate: "2024-07-03", TimeZone: "Asia/Almaty"}
	return &pb.TimeWindow{Span: &pb.TimeWindow_Dates{Dates: dates}}
}

func talks() *pb.Meeting {
	start := &pb.TimePoint{CivilTime: "2024-07-04T09:30", TimeZone: "Asia/Almaty"}
	timed := &pb.EventTime_Timed{Timed: &pb.TimedSpan{Start: start}}
	title := &localized_text.LocalizedText{Text: "Talks", LanguageCode: "en"}
	return &pb.Meeting{
		Titles: []*localized_text.LocalizedText{title},
		Time:   &pb.EventTime{When: timed},
		Kind:   pb.MeetingKind_MEETING_KIND_BILATERAL,
	}
}

func reason(err error) string {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok {
			return info.Reason
		}
	}
	return ""
}

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	conn, err := grpc.DialContext(ctx, os.Args[1], grpc.WithInsecure(), grpc.WithBlock())
	must(err)
	defer conn.Close()
	out := map[string]interface{}{}

	calendars, err := pb.NewCalendarServiceClient(conn).ListCalendars(ctx, &pb.ListCalendarsRequest{})
	must(err)
	names := []string{}
	for _, one := range calendars.Calendars {
		names = append(names, one.Name)
	}
	out["calendars"] = names

	summits := pb.NewSummitServiceClient(conn)
	summit, err := summits.GetSummit(ctx, &pb.GetSummitRequest{Name: calendar + "/summits/sco-24"})
	must(err)
	out["summit"] = summit.Summit.Time.Resolved.StartText
	_, err = summits.GetSummit(ctx, &pb.GetSummitRequest{Name: calendar + "/summits/none"})
	out["refusal"] = reason(err)

	agenda, err := pb.NewAgendaServiceClient(conn).QueryAgenda(ctx, &pb.QueryAgendaRequest{
		Parent: calendar, Window: window(), TimeZone: "Europe/Paris",
		OrderBy: "time desc", IncludeTotalSize: true, View: pb.RecordView_RECORD_VIEW_BASIC,
	})
	must(err)
	starts := []string{}
	for _, item := range agenda.Items {
		starts = append(starts, item.ViewerStart)
	}
	out["agenda"] = starts
	out["total"] = agenda.TotalSize

	created, err := pb.NewMeetingServiceClient(conn).CreateMeeting(ctx, &pb.CreateMeetingRequest{
		Parent: calendar, MeetingId: "talks-of-a-client", Meeting: talks(),
	})
	must(err)
	out["meeting"] = created.Meeting.Time.Resolved.StartText

	watch, err := pb.NewChangeServiceClient(conn).WatchChanges(ctx, &pb.WatchChangesRequest{
		View:  &pb.ChangeView{Parent: calendar},
		Start: &pb.WatchChangesRequest_Initial{Initial: &emptypb.Empty{}},
	})
	must(err)
	count := 0
	for {
		message, err := watch.Recv()
		must(err)
		count += len(message.GetChanges().GetChanges())
		if message.GetCaughtUp() != nil {
			break
		}
	}
	out["records"] = count
	must(json.NewEncoder(os.Stdout).Encode(out))
}
