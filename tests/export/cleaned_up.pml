/* eth0 with 2 edge lines: rx[0] on line 0, rx[1] on line 1
 *
 * Every step of an agent is one transition, and a state is what the variables hold: with -o2, which
 * keeps variables that nobody reads, SPIN stores exactly the states that the checker visits. The
 * assertion is violated if a notification is lost: nobody can step, and the work of a source is
 * unseen. Whether a run goes on for ever is not asked.
 *
 *   spin -a FILE && gcc -O2 -DSAFETY -DBFS -o pan pan.c && ./pan && spin -t FILE
 */

bit v_line_0_pending = 0;                /* line 0.pending */
bit v_status_VRING = 0;                  /* status.VRING */
bit v_rx_0_unseen = 0;                   /* rx[0].unseen */
bit v_line_1_pending = 0;                /* line 1.pending */
bit v_rx_1_unseen = 0;                   /* rx[1].unseen */
byte v_device_rx_0_at = 0;               /* device rx[0].at */
byte v_device_rx_1_at = 0;               /* device rx[1].at */
byte v_handler_line_0_at = 0;            /* handler line 0.at */
bit v_handler_line_0_s_VRING = 0;        /* handler line 0.s.VRING */
byte v_handler_line_1_at = 0;            /* handler line 1.at */
bit v_handler_line_1_s_VRING = 0;        /* handler line 1.s.VRING */

#define bad ( \
    (v_device_rx_0_at != 1) && \
    (v_device_rx_0_at != 2) && \
    (v_device_rx_1_at != 1) && \
    (v_device_rx_1_at != 2) && \
    !((v_handler_line_0_at == 0) && v_line_0_pending) && \
    (v_handler_line_0_at != 1) && \
    (v_handler_line_0_at != 2) && \
    (v_handler_line_0_at != 3) && \
    !((v_handler_line_1_at == 0) && v_line_1_pending) && \
    (v_handler_line_1_at != 1) && \
    (v_handler_line_1_at != 2) && \
    (v_handler_line_1_at != 3) && \
    (v_rx_0_unseen || v_rx_1_unseen))

active proctype agents()
{
end_quiet:
    do
    :: d_step { (v_device_rx_0_at == 0) ->
           v_rx_0_unseen = 1;
           v_device_rx_0_at = 1;
           printf("device rx[0]: publish rx[0]\n")
       }
    :: d_step { (v_device_rx_0_at == 1) ->
           v_status_VRING = 1;
           v_device_rx_0_at = 2;
           printf("device rx[0]: set status.VRING\n")
       }
    :: d_step { (v_device_rx_0_at == 2) ->
           v_line_0_pending = 1;
           v_device_rx_0_at = 0;
           printf("device rx[0]: raise line 0\n")
       }
    :: d_step { (v_device_rx_1_at == 0) ->
           v_rx_1_unseen = 1;
           v_device_rx_1_at = 1;
           printf("device rx[1]: publish rx[1]\n")
       }
    :: d_step { (v_device_rx_1_at == 1) ->
           v_status_VRING = 1;
           v_device_rx_1_at = 2;
           printf("device rx[1]: set status.VRING\n")
       }
    :: d_step { (v_device_rx_1_at == 2) ->
           v_line_1_pending = 1;
           v_device_rx_1_at = 0;
           printf("device rx[1]: raise line 1\n")
       }
    :: d_step { ((v_handler_line_0_at == 0) && v_line_0_pending) ->
           v_line_0_pending = 0;
           v_handler_line_0_at = 1;
           printf("handler line 0: enter for line 0\n")
       }
    :: d_step { (v_handler_line_0_at == 1) ->
           v_handler_line_0_s_VRING = v_status_VRING;
           v_handler_line_0_at = 2;
           printf("handler line 0: read status\n")
       }
    :: d_step { (v_handler_line_0_at == 2) ->
           v_status_VRING = (v_status_VRING && !v_handler_line_0_s_VRING);
           v_handler_line_0_at = (v_handler_line_0_s_VRING -> 3 : 0);
           v_handler_line_0_s_VRING = (v_handler_line_0_s_VRING -> v_handler_line_0_s_VRING : 0);
           printf("handler line 0: clear status\n")
       }
    :: d_step { (v_handler_line_0_at == 3) ->
           v_rx_0_unseen = 0;
           v_handler_line_0_s_VRING = 0;
           v_handler_line_0_at = 0;
           printf("handler line 0: service rx[0] (under vm_dev)\n")
       }
    :: d_step { ((v_handler_line_1_at == 0) && v_line_1_pending) ->
           v_line_1_pending = 0;
           v_handler_line_1_at = 1;
           printf("handler line 1: enter for line 1\n")
       }
    :: d_step { (v_handler_line_1_at == 1) ->
           v_handler_line_1_s_VRING = v_status_VRING;
           v_handler_line_1_at = 2;
           printf("handler line 1: read status\n")
       }
    :: d_step { (v_handler_line_1_at == 2) ->
           v_status_VRING = (v_status_VRING && !v_handler_line_1_s_VRING);
           v_handler_line_1_at = (v_handler_line_1_s_VRING -> 3 : 0);
           v_handler_line_1_s_VRING = (v_handler_line_1_s_VRING -> v_handler_line_1_s_VRING : 0);
           printf("handler line 1: clear status\n")
       }
    :: d_step { (v_handler_line_1_at == 3) ->
           v_rx_1_unseen = 0;
           v_handler_line_1_s_VRING = 0;
           v_handler_line_1_at = 0;
           printf("handler line 1: service rx[1] (under vm_dev)\n")
       }
    :: d_step { bad -> assert(false) }
    od
}
